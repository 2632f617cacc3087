// The options beside the picture: which model, which beside it, and how.

const element = (id) => document.getElementById(id);
// Name -> default; what is left at its default is not sent. The model has its own default of detail.
const NETWORK = { blend: 'poisson', feather: 0 };
const EVERY = { dilate: 0, format: 'keep' };

export class Panel {
  constructor(onChange) {
    this.models = [];
    this.server = null; // what it takes
    this.isMoved = false; // whether somebody moved the slider of detail since the model was chosen
    this.onChange = onChange;
    element('panel').addEventListener('change', (event) => this.changed(event.target));
    element('panel').addEventListener('input', (event) => this.changed(event.target));
  }

  // What `GET /v1/models` says.
  fill({ models, default: first, limits, formats }) {
    this.models = models;
    this.server = { limits, formats };
    const list = models.map(({ name }) => [name, shortName(name)]);
    choices(element('model'), list, element('model').value || first);
    this.fillSecond();
    if (!this.isMoved) this.setDetail(); // it is known once the model is loaded
    this.update();
  }

  fillSecond() {
    const others = this.models.filter(({ name }) => name !== element('model').value);
    const list = [['', 'None'], ...others.map(({ name }) => [name, shortName(name)])];
    choices(element('second'), list, element('second').value);
    element('second').disabled = !others.length;
  }

  changed(target) {
    if (target.id === 'detail') this.isMoved = true;
    if (target.id === 'model') {
      this.isMoved = false;
      this.fillSecond();
      this.setDetail();
    }
    if (target.type === 'number' && target.value !== '') {
      target.value = Math.min(target.max, Math.max(target.min, Math.round(target.value)));
    }
    this.update();
    this.onChange(target.id);
  }

  update() {
    const detail = Number(element('detail').value);
    const own = this.description(this.model)?.detail ?? 0;
    element('detail-value').textContent = `${detail || 'off'}${detail === own ? ' (model’s own)' : ''}`;
    element('detail').setAttribute('aria-valuetext', detail ? String(detail) : 'off');
    element('scale').closest('.field').hidden = !this.description(this.model)?.scale;
    for (const fieldset of document.querySelectorAll('#panel fieldset')) {
      fieldset.disabled = !this.names.some((name) => this.isNetwork(name));
    }
    const two = Boolean(this.second);
    element('instant').disabled = two;
    element('instant-hint').textContent = two
      ? 'Works with one model' : 'Completes and keeps as soon as a stroke ends';
  }

  // Detail and scale are as the model has them.
  setDetail() {
    element('scale').value = this.description(this.model)?.scale ?? 'auto';
    element('detail').value = this.description(this.model)?.detail ?? 0;
  }

  get model() {
    return element('model').value;
  }

  get second() {
    return element('second').value;
  }

  get names() {
    return [this.model, this.second].filter(Boolean);
  }

  get instant() {
    return element('instant').checked && !this.second;
  }

  description(name) {
    return this.models.find((model) => model.name === name);
  }

  isNetwork(name) {
    return this.description(name)?.kind === 'network';
  }

  // What to send for a model: its name, and whatever is not the default; `scale` where it has one.
  options(name) {
    const options = { model: name };
    const { scale } = this.description(name) ?? {};
    const defaults = {
      ...EVERY, ...(this.isNetwork(name) && NETWORK), ...(scale && { scale }) };
    if (this.isNetwork(name)) {
      const detail = Number(element('detail').value);
      if (this.isMoved && detail !== this.description(name).detail) options.detail = detail;
    }
    for (const [option, value] of Object.entries(defaults)) {
      const given = element(option).value;
      if (given !== '' && given !== String(value)) options[option] = given;
    }
    return options;
  }
}

// A folder by the end of its path.
export function shortName(name) {
  const parts = name.split('/');
  return parts.length > 3 ? `… ${parts.slice(-2).join('/')}` : name;
}

// [value, label] pairs as the options of a <select>, one of them selected.
function choices(select, list, selected) {
  select.replaceChildren(...list.map(([value, label]) => new Option(label, value)));
  select.value = list.some(([value]) => value === selected) ? selected : list[0]?.[0] ?? '';
}
