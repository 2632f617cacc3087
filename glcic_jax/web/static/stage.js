// The picture on the screen: a pane with the picture, the mask, the brush; two panes for two results.

import { Overlay } from './overlay.js';
import { shortName } from './panel.js';

const HANDLE = 'm9 7-5 5 5 5M15 7l5 5-5 5';

export class Stage {
  constructor(root, view, onSplit) {
    this.root = root;
    this.view = view;
    this.onSplit = onSplit; // the border between before and after was moved
    this.panes = [];
    this.split = 0; // share of the picture's width, from the left, that shows what was before
    this.picture = null;
    this.setPanes([pane()]);
    new ResizeObserver(() => this.resize()).observe(root);
  }

  setPanes(panes) {
    this.root.dataset.panes = panes.length;
    this.panes = panes;
    this.root.replaceChildren(...this.panes.map(({ root }) => root));
    this.handles = [];
    this.resize();
  }

  show(picture) {
    this.picture = picture;
    this.setPanes([pane(picture)]);
    this.layout();
  }

  // Before and after, for each result; `onChoose` is called with the number of a pane.
  async compare(results, onChoose) {
    const panes = results.map((result) => pane(this.picture, result));
    await Promise.all(panes.map(({ after }) => after.decode())); // nothing flickers
    this.setPanes(panes);
    panes.forEach(({ root, after }, index) => {
      after.hidden = false;
      root.append(this.chip(results[index], () => onChoose(index)), this.handle(results[index]));
    });
    this.layout();
  }

  chip({ model, milliseconds }, onClick) {
    const chip = document.createElement('button');
    chip.className = 'chip';
    chip.tabIndex = -1; // the same choice is in the dock
    const time = document.createElement('i');
    time.textContent = ` ${(milliseconds / 1000).toFixed(1)} s`;
    chip.append(shortName(model), time);
    chip.title = model;
    chip.addEventListener('click', onClick);
    return chip;
  }

  handle({ model }) {
    const handle = document.createElement('div');
    handle.className = 'handle';
    handle.tabIndex = 0;
    handle.setAttribute('role', 'slider');
    handle.setAttribute('aria-label', `Border between before and after, ${shortName(model)}`);
    handle.setAttribute('aria-valuemin', 0);
    handle.setAttribute('aria-valuemax', 100);
    handle.append(svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
      svg('path', { d: HANDLE })));
    this.handles.push(handle);
    return handle;
  }

  choose(index) {
    this.panes.forEach(({ root }, number) => root.classList.toggle('chosen', number === index));
  }

  setSplit(share) {
    this.split = Math.min(1, Math.max(0, share));
    this.layout();
    this.onSplit?.(this.split);
  }

  resize() {
    const { clientWidth, clientHeight } = this.root;
    this.root.classList.toggle('tall', clientHeight > clientWidth);
    const { root } = this.panes[0];
    const [width, height] = [root.clientWidth, root.clientHeight];
    if (!width || !height) return;
    this.view.ofPane(width, height);
    this.panes.forEach(({ overlay }) => overlay.resize(width, height));
    this.layout();
    this.onResize?.();
  }

  // Puts everything where the view says.
  layout() {
    const { view, split } = this;
    for (const { root, before, after, handle } of this.panes) {
      for (const image of [before, after]) {
        image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
      }
      after.style.clipPath = `inset(0 0 0 ${100 * split}%)`;
      root.classList.toggle('near', view.scale * devicePixelRatio > 3);
    }
    const [x, y] = view.toScreen(split * view.width, 0);
    const top = Math.max(0, y);
    const bottom = Math.min(view.paneHeight - view.inset[1], y + view.height * view.scale);
    for (const handle of this.handles) {
      handle.style.left = `${Math.min(Math.max(x, 0), view.paneWidth)}px`;
      handle.style.top = `${Math.min(top, bottom - 48)}px`;
      handle.style.height = `${Math.max(48, bottom - top)}px`;
      handle.setAttribute('aria-valuenow', Math.round(100 * split));
      handle.setAttribute('aria-valuetext', `${Math.round(100 * split)} percent before`);
    }
  }

  // Another picture of the same size in front of everything; null takes it away.
  peek(picture) {
    for (const { before, after } of this.panes) {
      source(before, picture ?? this.picture);
      after.classList.toggle('away', Boolean(picture));
    }
  }

  // The mask over the picture, or none.
  drawMask(bitmap) {
    const { overlay } = this.panes[0];
    if (bitmap) overlay.draw(this.view, bitmap);
    else overlay.clear();
  }

  // The brush, at a place of the picture; null takes it away.
  drawCursor(place, size, down) {
    const { cursor } = this.panes[0];
    cursor.hidden = !place;
    if (!place) return;
    const [x, y] = this.view.toScreen(...place);
    const across = Math.max(6, size * this.view.scale);
    cursor.style.width = cursor.style.height = `${across}px`;
    cursor.style.transform = `translate(${x - across / 2}px, ${y - across / 2}px)`;
    cursor.classList.toggle('down', down);
  }

  // The outline of a shape that is being drawn: points of the picture, and its width in pixels.
  drawPreview(points, width = 0) {
    const d = points.map(([x, y], index) =>
      `${index ? 'L' : 'M'}${this.view.toScreen(x, y).join(' ')}`).join('');
    const paths = !points.length ? [] : width
      ? [svg('path', { d, class: 'wide', 'stroke-width': Math.max(2, width * this.view.scale) })]
      : [svg('path', { d: `${d}Z`, class: 'halo' }), svg('path', { d: `${d}Z`, class: 'mark' })];
    this.panes[0].preview.replaceChildren(...paths);
  }
}

// Of nothing yet, of a picture, or of it and a result, whose images are loaded once: what is put away
// meanwhile is not asked for again.
function pane(picture = null, result = null) {
  const root = document.createElement('div');
  root.className = 'pane';
  const [before, after] = [['before', picture], ['after', result]].map(([name, shown]) => {
    const image = new Image();
    image.className = name;
    image.alt = '';
    image.draggable = false;
    if (shown) source(image, shown);
    return image;
  });
  after.hidden = true;
  const canvas = document.createElement('canvas');
  const preview = svg('svg', { class: 'preview', 'aria-hidden': 'true' });
  const cursor = document.createElement('div');
  cursor.className = 'cursor';
  cursor.hidden = true;
  root.append(before, after, canvas, preview, cursor);
  return { root, before, after, overlay: new Overlay(canvas), preview, cursor };
}

function source(image, { url, width, height }) {
  image.src = url;
  image.style.width = `${width}px`;
  image.style.height = `${height}px`;
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
