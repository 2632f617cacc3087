// Shapes as pixels, in whole numbers alone and without antialiasing.
//
// A bitmap is {width, height, data: Uint8Array}, 1 where it is painted. Coordinates of shapes count
// half pixels: the pixel in column x and row y has its centre at (2x + 1, 2y + 1) and its corners at
// even numbers. So a brush of an even diameter can stand on a corner and is exactly as wide as it
// says. Nothing here depends on zoom, on the screen or on how a browser draws.

export function bitmap(width, height) {
  return { width, height, data: new Uint8Array(width * height) };
}

// The coordinate on which a brush of this diameter stands, nearest to a position in pixels.
export function snapped(position, diameter) {
  return diameter % 2 ? 2 * Math.floor(position) + 1 : 2 * Math.round(position);
}

// All pixels whose centre is at most half a diameter away from the segment from p to q: a line drawn
// with a round brush. `value` is 1 to paint and 0 to erase.
export function capsule(into, p, q, diameter, value) {
  const [vx, vy] = [q[0] - p[0], q[1] - p[1]];
  const length = vx * vx + vy * vy;
  // |cross product| <= reach is the same as a distance of at most the diameter (in half pixels).
  const line = { p, vx, vy, length, reach: rootOf(diameter * diameter * length) };
  const [top, bottom] = rowsBetween(
    into, Math.min(p[1], q[1]) - diameter, Math.max(p[1], q[1]) + diameter);
  for (let row = top; row <= bottom; row++) {
    const y = 2 * row + 1;
    const pieces = [ofDisc(p, y, diameter), ofDisc(q, y, diameter), ofStrip(line, y)];
    let [low, high] = [Infinity, -Infinity];
    for (const piece of pieces) {
      if (piece && piece[0] <= piece[1]) {
        low = Math.min(low, piece[0]);
        high = Math.max(high, piece[1]);
      }
    }
    fill(into, row, Math.ceil((low - 1) / 2), Math.floor((high - 1) / 2), value);
  }
}

// All pixels whose centre a closed line goes around, however often. Points stand on corners: even
// numbers. A centre that lies exactly on an edge belongs to what is right of the edge.
export function polygon(into, points, value) {
  const edges = points.map((point, index) => [point, points[(index + 1) % points.length]])
    .filter(([a, b]) => a[1] !== b[1]);
  if (!edges.length) return;
  const heights = points.map((point) => point[1]);
  const [top, bottom] = rowsBetween(into, least(heights), most(heights));
  for (let row = top; row <= bottom; row++) {
    const crossings = crossingsOf(edges, 2 * row + 1);
    let winding = 0;
    for (let index = 0; index + 1 < crossings.length; index++) {
      winding += crossings[index][1];
      if (winding) fill(into, row, crossings[index][0], crossings[index + 1][0] - 1, value);
    }
  }
}

// All pixels of a box [left, top, right, bottom], in pixels; its last column and row are included.
export function rectangle(into, box, value) {
  const [left, top, right, bottom] = box;
  for (let row = Math.max(0, top); row <= Math.min(into.height - 1, bottom); row++) {
    fill(into, row, left, right, value);
  }
}

// The largest whole number whose square is not above n.
function rootOf(n) {
  let root = Math.floor(Math.sqrt(n));
  while (root * root > n) root--;
  while ((root + 1) * (root + 1) <= n) root++;
  return root;
}

function rowsBetween(into, low, high) {
  return [
    Math.max(0, Math.ceil((low - 1) / 2)),
    Math.min(into.height - 1, Math.floor((high - 1) / 2)),
  ];
}

function fill(into, row, left, right, value) {
  const [first, last] = [Math.max(0, left), Math.min(into.width - 1, right)];
  if (first <= last) {
    into.data.fill(value, row * into.width + first, row * into.width + last + 1);
  }
}

// Whole numbers x, first and last, of a line y that lie in a disc; null where there is none.
function ofDisc(centre, y, diameter) {
  const away = y - centre[1];
  if (Math.abs(away) > diameter) return null;
  const half = rootOf(diameter * diameter - away * away);
  return [centre[0] - half, centre[0] + half];
}

// The same for what lies beside a segment, between its ends and within reach.
function ofStrip({ p, vx, vy, length, reach }, y) {
  const down = y - p[1];
  const across = between(vy, vx * down - reach, vx * down + reach); // reach of the cross product
  const along = between(vx, -vy * down, length - vy * down); // from one end to the other
  if (!across || !along || !length) return null;
  const [low, high] = [Math.max(across[0], along[0]), Math.min(across[1], along[1])];
  return [p[0] + low, p[0] + high];
}

// Whole numbers u, first and last, with low <= factor * u <= high; null where there is none.
function between(factor, low, high) {
  if (!factor) return low <= 0 && 0 <= high ? [-Infinity, Infinity] : null;
  const [first, last] = factor > 0 ? [low / factor, high / factor] : [high / factor, low / factor];
  return [Math.ceil(first), Math.floor(last)];
}

// Where edges cross a row: [first pixel right of the edge, 1 downwards or -1 upwards], in order.
function crossingsOf(edges, y) {
  const crossings = [];
  for (const [a, b] of edges) {
    const [upper, lower] = a[1] < b[1] ? [a, b] : [b, a];
    if (upper[1] < y && y < lower[1]) {
      const height = lower[1] - upper[1];
      const x = upper[0] * height + (y - upper[1]) * (lower[0] - upper[0]); // times height
      crossings.push([Math.ceil((x - height) / (2 * height)), a === upper ? 1 : -1]);
    }
  }
  return crossings.sort((one, other) => one[0] - other[0]);
}

const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b));
