// Everything by keys: shortcuts, and a brush on the picture that arrow keys move.

import { announce } from './say.js';
import { SIZES } from './painter.js';

const TOOLS = { b: 'brush', e: 'eraser', l: 'line', r: 'rectangle', f: 'lasso' };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Keyboard {
  // `do_`: what the buttons do, by name; see main.js.
  constructor(editor, do_) {
    this.editor = editor;
    this.do = do_;
    this.setByKeys(false); // whether keys were used last, and not a pointer
    this.place = null; // of the keyboard's brush
    const { root } = editor.stage;
    addEventListener('keydown', (event) => this.down(event));
    addEventListener('keyup', (event) => this.up(event));
    addEventListener('blur', () => this.letGo());
    addEventListener('pointerdown', () => this.toPointer(), true);
    root.addEventListener('pointermove', () => this.toPointer(), true);
    root.addEventListener('focus', () => this.byKeys && this.showBrush());
    root.addEventListener('blur', () => this.lift());
  }

  setByKeys(byKeys) {
    this.byKeys = byKeys;
    document.body.toggleAttribute('data-by-keys', byKeys);
  }

  down(event) {
    if (event.key === 'Tab' || event.key in ARROWS) this.setByKeys(true);
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape' && document.querySelector(':popover-open')) return; // it closes
    const typing = event.target.matches('select, input:not([type="range"], [type="checkbox"])');
    const handled = typing ? this.whileTyping(event)
      : event.ctrlKey || event.metaKey ? this.command(event) : this.plain(event);
    if (handled) event.preventDefault();
  }

  whileTyping(event) {
    return (event.ctrlKey || event.metaKey) && event.key === 'Enter' && this.command(event);
  }

  command(event) {
    const key = event.key.toLowerCase();
    const name = {
      z: event.shiftKey ? 'redo' : 'undo', y: 'redo', enter: 'complete', s: 'download', o: 'open',
    }[key];
    if (name) this.do[name]();
    return Boolean(name);
  }

  plain(event) {
    const { key } = event;
    if (event.target === this.editor.stage.root && this.onPicture(event)) return true;
    if (key === ' ') return this.space(event);
    if (event.altKey) return false;
    const lower = key.toLowerCase();
    if (lower in TOOLS) return this.do.tool(TOOLS[lower]) ?? true;
    const name = {
      '[': 'smaller', ']': 'larger', i: 'invert', Delete: 'clear', Backspace: 'clear', '+': 'zoomIn',
      '=': 'zoomIn', '-': 'zoomOut', 0: 'zoomFit', 1: 'zoomFull', Escape: 'escape',
    }[key.length > 1 ? key : lower];
    if (name) return this.do[name]() ?? true;
    if (lower === 'o') return this.editor.peek(true) ?? true;
    if (key === 'Enter' && event.target.matches('body, #stage')) return this.do.keep() ?? true;
    return false;
  }

  up(event) {
    if (event.key === ' ') this.editor.gestures.spaceHeld = false;
    if (event.key.toLowerCase() === 'o') this.editor.peek(false);
    if (event.key in ARROWS) this.say();
  }

  letGo() {
    this.editor.gestures.spaceHeld = false;
    this.editor.peek(false);
  }

  // With a pointer, Space and a drag pan; a button or a slider that was clicked keeps out of it.
  space(event) {
    if (this.byKeys && !event.target.matches('body, #stage')) return false;
    this.editor.gestures.spaceHeld = true;
    return true;
  }

  toPointer() {
    if (this.byKeys) this.setByKeys(false);
    this.lift();
    this.place = null;
  }

  lift() {
    if (this.place && this.editor.painter.busy) this.editor.painter.release();
    if (this.place) this.editor.hover(null);
  }

  showBrush() {
    const { editor } = this;
    const { view } = editor;
    if (!editor.picture) return;
    this.place ??= view.toPicture(...view.middle).map((position, axis) =>
      Math.floor(Math.min(Math.max(position, 0), [view.width, view.height][axis] - 1)) + 0.5);
    editor.hover(this.place);
  }

  // Arrow keys and Space, where the picture has the focus and keys are what is used.
  onPicture(event) {
    const { editor } = this;
    if (!editor.canPaint) return event.key in ARROWS && this.panBy(ARROWS[event.key]);
    if (event.key in ARROWS) {
      this.showBrush();
      this.move(ARROWS[event.key], event);
      return true;
    }
    if (event.key === 'Escape' && editor.painter.busy) return editor.painter.cancel() ?? true;
    if (event.key !== ' ' || !this.byKeys) return false;
    this.showBrush();
    if (editor.painter.busy) editor.painter.release();
    else {
      editor.painter.press(this.place);
      announce(`${editor.painter.tool} is down; arrow keys move it, Space lifts it.`);
    }
    editor.hover(this.place);
    return true;
  }

  move([dx, dy], event) {
    const { painter, view } = this.editor;
    const step = event.altKey ? 1
      : Math.max(1, Math.round(painter.size / 4)) * (event.shiftKey ? 5 : 1);
    const edge = painter.size;
    const to = (position, by, length) =>
      Math.min(Math.max(position + by * step, -edge), length + edge);
    this.place = [to(this.place[0], dx, view.width), to(this.place[1], dy, view.height)];
    painter.move(this.place);
    view.reveal(...this.place);
    this.editor.hover(this.place);
    this.editor.moved();
  }

  panBy([dx, dy]) {
    this.editor.view.move(-60 * dx, -60 * dy);
    this.editor.moved();
    return true;
  }

  say() {
    if (!this.place || !this.editor.canPaint) return;
    announce(this.place.map(Math.floor).join(', '));
  }
}

// The next brush size in a direction, by about a tenth.
export function nextSize(size, direction) {
  const step = Math.max(1, Math.round(size / 10));
  return Math.min(SIZES[1], Math.max(SIZES[0], size + direction * step));
}
