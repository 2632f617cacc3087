// What can be done to a mask. A mask is kept as a list of these operations, never as a drawing: the
// same list gives the same pixels, at the picture's own resolution, whatever the screen shows.
//
//   {kind: 'stroke', value, size, points: [[x, y], ...]}    half pixels, see raster.js; size in pixels
//   {kind: 'lasso', value, points: [[x, y], ...]}           half pixels, even numbers
//   {kind: 'rectangle', value, box: [left, top, right, bottom]}                pixels, last included
//   {kind: 'invert'}   {kind: 'clear'}   {kind: 'grow', pixels}   {kind: 'file', data: Uint8Array}
//
// value: 1 paints, 0 erases.

import { capsule, polygon, rectangle } from './raster.js';

export function apply(bitmap, operation) {
  HOW[operation.kind](bitmap, operation);
}

// One part of a stroke that is still being painted; all its parts together are the stroke.
export function extend(bitmap, stroke, from) {
  const { points, size, value } = stroke;
  for (let index = Math.max(1, from); index < points.length; index++) {
    capsule(bitmap, points[index - 1], points[index], size, value);
  }
  if (from === 0 && points.length === 1) capsule(bitmap, points[0], points[0], size, value);
}

const HOW = {
  stroke: (bitmap, operation) => extend(bitmap, operation, 0),
  lasso: (bitmap, { points, value }) => polygon(bitmap, points, value),
  rectangle: (bitmap, { box, value }) => rectangle(bitmap, box, value),
  clear: (bitmap) => bitmap.data.fill(0),
  file: (bitmap, { data }) => bitmap.data.set(data),
  grow: (bitmap, { pixels }) => grow(bitmap, pixels),
  invert: ({ data }) => {
    for (let index = 0; index < data.length; index++) data[index] ^= 1;
  },
};

// By so many pixels to each side, also diagonally: what `--dilate` does.
function grow({ width, height, data }, pixels) {
  const row = new Uint8Array(width);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    row.set(data.subarray(start, start + width));
    spread(row, width, pixels, (first, last) => data.fill(1, start + first, start + last + 1));
  }
  // Down the columns, all at once: `seen` is how many rows ago, going down and then up, a pixel was 1.
  const before = data.slice();
  for (const [first, step] of [[0, 1], [height - 1, -1]]) {
    const seen = new Int32Array(width).fill(pixels + 1);
    for (let y = first; 0 <= y && y < height; y += step) {
      for (let x = 0, at = y * width; x < width; x++, at++) {
        seen[x] = before[at] ? 0 : seen[x] + 1;
        if (seen[x] <= pixels) data[at] = 1;
      }
    }
  }
}

// Calls `paint(first, last)` for each run of ones, widened.
function spread(row, width, pixels, paint) {
  for (let x = row.indexOf(1); x >= 0;) {
    const end = row.indexOf(0, x);
    const last = end < 0 ? width - 1 : end - 1;
    paint(Math.max(0, x - pixels), Math.min(width - 1, last + pixels));
    x = end < 0 ? -1 : row.indexOf(1, end);
  }
}
