// What a mask that somebody has means: where its hole is. The server decides in the same way, and in
// more cases (`pictures/mask_meaning.py`); what is in doubt here is refused.

const COLORED = 64; // between the lowest and the highest of RGB
const ONE_COLOR = 32; // levels by which one colour may vary
const RARE = 0.01; // share of the pixels that may be otherwise

// RGBA, four bytes a pixel -> 1 where the hole is; throws the end of a sentence that begins with a name.
export function holeOf(pixels) {
  const [lowest, highest] = range(pixels, 3);
  const half = (highest + 1) >> 1;
  if (lowest >= half) return byLevels(pixels);
  if (!isOneColor(pixels, half, false) && !isOneColor(pixels, half, true)) {
    throw new Error('holds several colours and is transparent in part; paint the hole white and ' +
      'all else black.');
  }
  return where(pixels, (at) => pixels[at + 3] >= Math.max(1, half));
}

function byLevels(pixels) {
  let colored = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const rgb = [pixels[at], pixels[at + 1], pixels[at + 2]];
    colored += Math.max(...rgb) - Math.min(...rgb) > COLORED;
  }
  if (colored > (RARE * pixels.length) / 4) {
    throw new Error('is painted in colours; paint the hole white and all else black.');
  }
  const lightness = (at) => (77 * pixels[at] + 150 * pixels[at + 1] + 29 * pixels[at + 2]) >> 8;
  let highest = 0;
  for (let at = 0; at < pixels.length; at += 4) highest = Math.max(highest, lightness(at));
  if (highest >= 128) return where(pixels, (at) => lightness(at) >= 128);
  // Two levels, one of them 0: the other is the hole.
  for (let at = 0; at < pixels.length; at += 4) {
    if (lightness(at) !== 0 && lightness(at) !== highest) {
      throw new Error(`has no white pixel, its highest level is ${highest} of 255; paint the hole ` +
        'white and all else black.');
    }
  }
  return where(pixels, (at) => highest > 0 && lightness(at) === highest);
}

// Whether what is opaque has one colour, but for noise; it may be multiplied by its alpha already.
function isOneColor(pixels, half, premultiplied) {
  return [0, 1, 2].every((channel) => {
    const counts = new Float64Array(256);
    for (let at = 0; at < pixels.length; at += 4) {
      const alpha = pixels[at + 3];
      if (alpha < half) continue;
      const level = premultiplied ? (pixels[at + channel] * 255) / alpha : pixels[at + channel];
      counts[Math.min(255, Math.round(level))]++;
    }
    const [low, high] = middle(counts);
    return high - low <= ONE_COLOR;
  });
}

// The levels between which all of a histogram lies but a rare rest at each end.
function middle(counts) {
  const rest = RARE * counts.reduce((sum, count) => sum + count, 0);
  let [low, high] = [0, 255];
  for (let seen = counts[0]; seen <= rest && low < 255; seen += counts[low]) low++;
  for (let seen = counts[255]; seen <= rest && high > 0; seen += counts[high]) high--;
  return [low, high];
}

function range(pixels, channel) {
  let [lowest, highest] = [255, 0];
  for (let at = channel; at < pixels.length; at += 4) {
    lowest = Math.min(lowest, pixels[at]);
    highest = Math.max(highest, pixels[at]);
  }
  return [lowest, highest];
}

function where(pixels, isHole) {
  const data = new Uint8Array(pixels.length / 4);
  for (let index = 0; index < data.length; index++) data[index] = +isHole(4 * index);
  return data;
}
