// Pointers on the picture: one paints, or pans where panning is meant; two fingers pinch and pan; the
// wheel zooms.

const CLICK = 4; // CSS pixels that a click may move

export class Gestures {
  // `on`: {canPaint(), place(x, y), press, move, release, cancel, hover, pan, zoom}
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.pointers = new Map(); // id -> [x, y] in CSS pixels of the pane that was pressed
    this.doing = null; // 'paint', 'pan' or 'pinch'
    this.spaceHeld = false;
    const listen = (name, handler) => root.addEventListener(name, handler.bind(this));
    listen('pointerdown', this.down);
    listen('pointermove', this.moved);
    listen('pointerup', this.up);
    listen('pointercancel', this.lost);
    listen('pointerleave', () => !this.doing && on.hover(null));
    listen('contextmenu', (event) => event.preventDefault());
    root.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  at(event) {
    const { left, top } = this.rect;
    return [event.clientX - left, event.clientY - top];
  }

  down(event) {
    if (event.target.closest('.handle, .chip')) return;
    const pane = event.target.closest('.pane') ?? this.root;
    if (!this.pointers.size) this.rect = pane.getBoundingClientRect();
    this.root.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    this.root.focus({ preventScroll: true });
    if (this.pointers.size > 1) {
      if (this.doing === 'paint') this.on.cancel(); // the second finger of a pinch
      this.doing = 'pinch';
    } else if (event.button === 1 || this.spaceHeld || !this.on.canPaint()) {
      this.doing = 'pan';
    } else {
      this.doing = 'paint';
      this.start = this.at(event);
      this.on.press(this.on.place(...this.start), {
        erase: event.altKey || event.button === 2 || event.buttons === 32, // 32: a pen's eraser
        straight: event.shiftKey,
      });
    }
    event.preventDefault();
  }

  moved(event) {
    if (!this.pointers.has(event.pointerId)) {
      if (event.pointerType !== 'touch' && !event.target.closest('.handle, .chip')) {
        this.rect = (event.target.closest('.pane') ?? this.root).getBoundingClientRect();
        this.on.hover(this.on.place(...this.at(event)));
      }
      return;
    }
    const [before, now] = [this.pointers.get(event.pointerId), this.at(event)];
    if (this.doing === 'paint') {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) {
        this.on.move(this.on.place(...this.at(each)));
      }
    }
    if (this.doing === 'pan') this.on.pan(now[0] - before[0], now[1] - before[1]);
    if (this.doing === 'pinch') this.pinch(event.pointerId, now);
    this.pointers.set(event.pointerId, now);
  }

  pinch(id, now) {
    const [first, second] = [...this.pointers.keys()];
    if (id !== first && id !== second) return;
    const other = this.pointers.get(id === first ? second : first);
    const before = this.pointers.get(id);
    const [was, is] = [before, now].map(([x, y]) => Math.hypot(x - other[0], y - other[1]));
    this.on.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    if (was > 10 && is > 10) {
      this.on.zoom(is / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.doing === 'paint') {
      const [x, y] = this.at(event);
      const click = Math.hypot(x - this.start[0], y - this.start[1]) < CLICK;
      if (event.pointerType === 'touch') this.on.hover(null);
      this.doing = null;
      this.on.release({ click });
    }
    if (!this.pointers.size) this.doing = null; // what is left of a pinch does not paint
  }

  lost(event) {
    this.pointers.delete(event.pointerId);
    if (this.doing === 'paint') this.on.cancel();
    if (!this.pointers.size) this.doing = null;
  }

  wheel(event) {
    event.preventDefault();
    const pane = event.target.closest('.pane') ?? this.root;
    const { left, top } = pane.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const factor = Math.exp(-Math.min(240, Math.max(-240, event.deltaY * lines)) / 400);
    this.on.zoom(event.ctrlKey ? factor ** 2 : factor, event.clientX - left, event.clientY - top);
  }
}
