// The pixels of a list of operations, kept up to date: what is new is added, what was undone is left
// out by doing the rest again.

import { apply, extend } from './operations.js';
import { bitmap } from './raster.js';

export class Mask {
  constructor(width, height) {
    this.bitmap = bitmap(width, height);
    this.done = []; // the operations whose result the bitmap shows
    this.loose = false; // whether it also shows a stroke that is not finished
  }

  // Makes the bitmap show exactly these operations.
  show(operations) {
    const more = this.done.every((operation, index) => operation === operations[index]);
    if (!more || this.loose) {
      this.bitmap.data.fill(0);
      this.done = [];
    }
    for (const operation of operations.slice(this.done.length)) apply(this.bitmap, operation);
    this.done = operations;
    this.loose = false;
  }

  // Shows what is new in a stroke under way, from its point number `from` on.
  preview(stroke, from) {
    extend(this.bitmap, stroke, from);
    this.loose = true;
  }

  // Takes operations whose last one is the stroke that was shown as it grew: nothing is drawn again.
  settle(operations) {
    this.done = operations;
    this.loose = false;
  }

  // How many pixels are painted, and the box around them; null where none is.
  extent() {
    const { width, height, data } = this.bitmap;
    let [count, left, top, right, bottom] = [0, width, height, -1, -1];
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width, (y + 1) * width);
      const first = row.indexOf(1);
      if (first < 0) continue;
      const last = row.lastIndexOf(1);
      [left, right] = [Math.min(left, first), Math.max(right, last)];
      [top, bottom] = [Math.min(top, y), y];
      for (let x = first; x <= last; x++) count += row[x];
    }
    return count ? { count, share: count / data.length, box: [left, top, right, bottom] } : null;
  }
}
