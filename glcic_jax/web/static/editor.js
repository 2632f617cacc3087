// The picture under work: its mask, what was done to it, and what of it the screen shows.

import { Gestures } from './gestures.js';
import { History } from './history.js';
import { Mask } from './mask.js';
import { Painter } from './painter.js';
import { announce } from './say.js';
import { Stage } from './stage.js';
import { View } from './view.js';

export class Editor {
  // `on`: {changed(), painted()}: anything was done; a shape was painted (not erased).
  constructor(root, on) {
    this.on = on;
    this.view = new View();
    this.history = new History();
    this.mask = null;
    this.canPaint = false; // not while it is completed, nor while results are compared
    this.extent = null;
    this.hovered = null; // the place of the picture where the brush is shown
    this.peeking = false;
    this.stage = new Stage(root, this.view);
    this.stage.onResize = () => this.moved();
    this.painter = new Painter({
      preview: (stroke, from) => {
        this.mask.preview(stroke, from);
        this.draw();
      },
      shape: (points, width) => this.stage.drawPreview(points, width),
      abandoned: () => this.show(),
      done: (operation) => this.painted(operation),
    });
    this.gestures = new Gestures(root, {
      canPaint: () => this.canPaint,
      place: (x, y) => this.view.toPicture(x, y),
      press: (place, how) => this.painter.press(place, how) ?? this.hover(place),
      move: (place) => this.painter.move(place) ?? this.hover(place),
      release: (how) => this.painter.release(how),
      cancel: () => this.painter.cancel(),
      hover: (place) => this.hover(place),
      pan: (dx, dy) => this.view.move(dx, dy) ?? this.moved(),
      zoom: (factor, x, y) => this.view.zoom(factor, x, y) ?? this.moved(),
    });
  }

  get picture() {
    return this.history.now?.picture ?? null;
  }

  // A picture to work on; undo brings the one before it back.
  take(picture) {
    this.history.push({ picture, operations: [] });
    this.show();
  }

  add(operation) {
    this.history.add(operation);
    this.show();
  }

  painted(operation) {
    this.history.add(operation);
    if (this.mask.loose) this.mask.settle(this.history.now.operations); // it was shown as it grew
    this.show();
    announce(`${this.sayExtent()}.`);
    if (operation.value) this.on.painted();
  }

  undo() {
    this.painter.cancel();
    this.history.undo();
    this.show();
    announce(`Undone. ${this.sayExtent()}.`);
  }

  redo() {
    this.painter.cancel();
    this.history.redo();
    this.show();
    announce(`Redone. ${this.sayExtent()}.`);
  }

  sayExtent() {
    if (!this.extent) return 'Nothing is painted';
    const share = 100 * this.extent.share;
    return `${share < 0.1 ? 'Under 0.1' : share.toFixed(1)} percent is painted`;
  }

  // Shows the present state: its picture, and its mask.
  show() {
    const { picture, operations } = this.history.now;
    if (this.stage.picture !== picture) {
      const { width, height } = picture;
      const same = this.mask && this.mask.bitmap.width === width && this.mask.bitmap.height === height;
      if (!same) {
        this.mask = new Mask(width, height);
        this.view.ofPicture(width, height);
        this.painter.bounds = [width, height];
        this.painter.last = null;
      }
      this.stage.show(picture);
    }
    this.mask.show(operations);
    this.extent = this.mask.extent();
    this.moved();
    this.on.changed();
  }

  hover(place) {
    this.hovered = place;
    this.drawCursor();
  }

  drawCursor() {
    const { tool, size, busy } = this.painter;
    const brush = tool === 'brush' || tool === 'eraser' || tool === 'line';
    this.stage.root.toggleAttribute('data-brush', brush);
    this.stage.drawCursor(this.canPaint && brush ? this.hovered : null, size, busy);
  }

  moved() {
    this.stage.layout();
    this.draw();
    this.drawCursor();
    this.on.changed();
  }

  // At the next frame of the screen.
  draw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      const hidden = !this.mask || this.peeking || this.comparing;
      this.stage.drawMask(hidden ? null : this.mask.bitmap);
    });
  }

  // Shows the picture as it was at first, without the mask, while somebody holds a key.
  peek(on) {
    if (!this.picture || on === this.peeking) return;
    this.peeking = on;
    this.stage.peek(on ? this.history.origin : null);
    this.draw();
  }
}
