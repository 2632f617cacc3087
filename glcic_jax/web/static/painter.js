// Brush, eraser, line, rectangle and lasso: from a press to a release, whoever presses (mouse, finger,
// pen, arrow keys), places of the picture become one operation on the mask.

import { snapped } from './raster.js';

export const SIZES = [1, 300]; // pixels of the picture
const FAR = 4096; // pixels beyond the border after which a place is no farther away

export class Painter {
  // `on`: {preview(stroke, from), shape(points, width), done(operation), abandoned()}
  constructor(on) {
    this.on = on;
    this.tool = 'brush';
    this.size = 40;
    this.bounds = [1, 1]; // of the picture
    this.last = null; // where the last stroke ended
    this.under = null; // what is being drawn
  }

  get busy() {
    return this.under !== null;
  }

  press(place, { erase = false, straight = false } = {}) {
    const at = this.near(place);
    const value = this.tool === 'eraser' || erase ? 0 : 1;
    const free = this.tool === 'brush' || this.tool === 'eraser';
    const kind = this.tool === 'line' || (free && straight) ? 'line' : free ? 'stroke' : this.tool;
    this.under = { kind, value, size: this.size, start: at, at, places: [at] };
    if (kind === 'stroke') {
      this.under.stroke = { kind, value, size: this.size, points: [this.point(at)] };
      this.on.preview(this.under.stroke, 0);
    }
  }

  move(place) {
    const { under } = this;
    if (!under) return;
    const at = this.near(place);
    under.at = at;
    if (under.kind === 'stroke') {
      const [point, points] = [this.point(at), under.stroke.points];
      if (same(point, points.at(-1))) return;
      points.push(point);
      this.on.preview(under.stroke, points.length - 1);
    } else {
      if (under.kind === 'lasso') under.places.push(at);
      this.on.shape(...outline(under));
    }
  }

  // `click`: it was let go where it was pressed.
  release({ click = false } = {}) {
    const { under } = this;
    if (!under) return;
    this.under = null;
    this.on.shape([]);
    const operation = this.operation(under, click);
    if (operation?.kind === 'stroke') this.last = under.at;
    if (operation) this.on.done(operation);
  }

  cancel() {
    if (!this.under) return;
    this.under = null;
    this.on.shape([]);
    this.on.abandoned();
  }

  operation({ kind, value, size, start, at, places, stroke }, click) {
    if (kind === 'stroke') return stroke;
    if (kind === 'line') {
      const from = click && this.last ? this.last : start;
      const points = [this.point(from), this.point(at)];
      return { kind: 'stroke', value, size, points };
    }
    if (click) return null;
    if (kind === 'rectangle') return { kind, value, box: box(start, at) };
    const points = places.map((place) => place.map((position) => 2 * Math.round(position)));
    return points.length > 2 ? { kind, value, points } : null;
  }

  point(place) {
    return place.map((position) => snapped(position, this.under?.size ?? this.size));
  }

  near(place) {
    return place.map((position, axis) =>
      Math.min(Math.max(position, -FAR), this.bounds[axis] + FAR));
  }
}

// What a shape looks like so far: [points of the picture, width].
function outline({ kind, size, start, at, places }) {
  if (kind === 'line') return [[start, at], size];
  if (kind === 'lasso') return [places, 0];
  const [left, top, right, bottom] = box(start, at);
  return [[[left, top], [right + 1, top], [right + 1, bottom + 1], [left, bottom + 1]], 0];
}

// The pixels of a rectangle between two places: left, top, right, bottom; all included.
function box(one, other) {
  const [a, b] = [one, other].map((place) => place.map(Math.floor));
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

const same = (one, other) => one[0] === other[0] && one[1] === other[1];
