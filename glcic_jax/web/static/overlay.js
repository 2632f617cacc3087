// The mask over the picture, drawn for the screen alone: a striped tint with a bright edge. Pixels of
// the mask are looked up, never scaled, so what is shown is what will be sent.

const TINT = [255, 77, 46];
const FILL = rgba(...TINT, 112);
const STRIPE = rgba(...TINT, 176);
const EDGE = rgba(255, 244, 240, 240);
const MOST = 2.6e6; // pixels of the canvas, so that painting stays smooth on any screen
const PERIOD = 10; // CSS pixels from stripe to stripe

function rgba(red, green, blue, alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
  }

  // In CSS pixels.
  resize(width, height) {
    const ratio = Math.min(devicePixelRatio, Math.sqrt(MOST / (width * height)));
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.pixels = null;
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  draw(view, { width, height, data }) {
    const { canvas, ratio } = this;
    this.pixels ??= this.context.createImageData(canvas.width, canvas.height);
    const out = new Uint32Array(this.pixels.data.buffer);
    out.fill(0);
    const columns = lookup(canvas.width, ratio, view.x, view.scale, width);
    const rows = lookup(canvas.height, ratio, view.y, view.scale, height);
    // Where many pixels of the picture share one of the screen, four of them are asked: a thin line
    // must not fall between two.
    const reach = Math.floor(1 / (view.scale * ratio) / 2);
    const [first, last] = [columns.findIndex((x) => x >= 0), columns.findLastIndex((x) => x >= 0)];
    let [above, line] = [new Uint8Array(canvas.width), new Uint8Array(canvas.width)];
    let isTop = true;
    const period = Math.max(4, Math.round(PERIOD * ratio));
    const phase = Math.round((view.x + view.y) * ratio) % period;
    for (let v = 0; v < rows.length; v++) {
      if (rows[v] < 0 || first < 0) continue;
      sample(line, columns, first, last, data, rows[v] * width, width,
        Math.min(reach, height - 1 - rows[v]) * width, reach);
      if (isTop) above.set(line);
      isTop = false;
      let before = line[first];
      for (let u = first, at = v * canvas.width + first; u <= last; u++, at++) {
        const here = line[u];
        if (here !== before || here !== above[u]) out[at] = EDGE;
        else if (here) out[at] = (u + v - phase + period) % period < period / 4 ? STRIPE : FILL;
        before = here;
      }
      [above, line] = [line, above];
    }
    this.context.putImageData(this.pixels, 0, 0);
  }
}

// One row of the screen: 1 where the mask is painted. `down`: how far away in `data` the lower of the
// rows is that share this one.
function sample(line, columns, first, last, data, start, width, down, reach) {
  for (let u = first; u <= last; u++) {
    const at = start + columns[u];
    if (!reach) {
      line[u] = data[at];
      continue;
    }
    const right = Math.min(reach, width - 1 - columns[u]);
    line[u] = data[at] | data[at + right] | data[at + down] | data[at + down + right];
  }
}

// For each screen pixel the picture's column (or row) under its middle, -1 where there is none.
function lookup(count, ratio, offset, scale, length) {
  return Int32Array.from({ length: count }, (_, index) => {
    const at = Math.floor(((index + 0.5) / ratio - offset) / scale);
    return 0 <= at && at < length ? at : -1;
  });
}
