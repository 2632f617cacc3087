// Results beside what was before: the border between them, which of two is chosen, and the files.

import { shortName } from './panel.js';
import { completedName, download } from './picture.js';
import { announce } from './say.js';

const element = (id) => document.getElementById(id);
const STEP = 0.02; // of the picture's width, for an arrow key
const REVEAL = 450; // milliseconds

export class Comparison {
  constructor(stage, view) {
    this.stage = stage;
    this.view = view;
    this.results = [];
    this.index = 0;
  }

  get chosen() {
    return this.results[this.index];
  }

  // `box`: [left, top, right, bottom] of the hole.
  async show(results, box) {
    this.results = results;
    await this.stage.compare(results, (index) => this.choose(index));
    this.stage.handles.forEach((handle) => this.listen(handle));
    this.segments();
    this.choose(0);
    // The border goes from one side of the hole to the other, and leaves it to what is after.
    const room = 16 / this.view.scale;
    const [left, right] = [box[0] - room, box[2] + room].map((x) => x / this.view.width);
    this.reveal(right, Math.max(0, left));
  }

  // Puts the results away; those that nobody kept are forgotten.
  close(kept = null) {
    cancelAnimationFrame(this.frame);
    for (const result of this.results) {
      if (result !== kept) URL.revokeObjectURL(result.url);
    }
    this.results = [];
  }

  choose(index) {
    this.index = index;
    this.stage.choose(index);
    const input = element('chosen').querySelectorAll('input')[index];
    if (input) input.checked = true;
  }

  segments() {
    element('chosen').hidden = this.results.length < 2;
    element('chosen').replaceChildren(...this.results.map(({ model }, index) => {
      const [label, input, text] = ['label', 'input', 'span'].map((name) => document.createElement(name));
      Object.assign(input, { type: 'radio', name: 'chosen', checked: !index });
      input.addEventListener('change', () => this.choose(index));
      text.textContent = shortName(model);
      label.append(input, text);
      return label;
    }));
  }

  async download(picture) {
    const file = await this.chosen.file();
    const name = completedName(picture, file);
    download(file, name);
    announce(`${name} is downloaded.`);
  }

  reveal(from, to) {
    cancelAnimationFrame(this.frame);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.stage.setSplit(to);
    const start = performance.now();
    const step = (now) => {
      const time = Math.min(1, Math.max(0, (now - start) / REVEAL));
      this.stage.setSplit(from + (to - from) * (1 - (1 - time) ** 3));
      if (time < 1) this.frame = requestAnimationFrame(step);
    };
    step(start);
  }

  listen(handle) {
    const moveTo = (event) => {
      const { left } = handle.parentElement.getBoundingClientRect();
      cancelAnimationFrame(this.frame);
      this.stage.setSplit(this.view.toPicture(event.clientX - left, 0)[0] / this.view.width);
    };
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      event.stopPropagation();
    });
    handle.addEventListener('pointermove', (event) => {
      if (handle.hasPointerCapture(event.pointerId)) moveTo(event);
    });
    handle.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -STEP, ArrowRight: STEP, PageDown: -5 * STEP, PageUp: 5 * STEP }[event.key];
      const to = { Home: 0, End: 1 }[event.key] ?? (by && this.stage.split + by);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      cancelAnimationFrame(this.frame);
      this.stage.setSplit(to);
    });
  }
}
