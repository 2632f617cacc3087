// The mask over the picture, drawn for the screen alone: a tint with a bright edge. Pixels of the mask
// are looked up, never scaled, so what is shown is what will be sent.

const TINT = [255, 77, 46];
const FILL = rgba(...TINT, 128);
const EDGE = rgba(255, 244, 240, 235);
const MOST = 2.6e6; // pixels of the canvas, so that painting stays smooth on any screen

function rgba(red, green, blue, alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.coarse = null; // see below
  }

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
    const across = 1 / (view.scale * ratio); // pixels of the picture for one of the screen
    const reach = across > 2 ? Math.floor(across / 2) : 0;
    for (let v = 0; v < rows.length; v++) {
      if (rows[v] < 0) continue;
      const start = rows[v] * width;
      if (reach) { // a thin line must not fall between two screen pixels
        this.drawFar(out, v, columns, data, start, width, reach, height, rows[v]);
        continue;
      }
      const above = v && rows[v - 1] >= 0 ? rows[v - 1] * width : start;
      for (let u = 0, at = v * canvas.width; u < columns.length; u++, at++) {
        if (columns[u] < 0) continue;
        const here = data[start + columns[u]];
        const left = u && columns[u - 1] >= 0 ? data[start + columns[u - 1]] : here;
        if (here !== left || here !== data[above + columns[u]]) out[at] = EDGE;
        else if (here) out[at] = FILL;
      }
    }
    this.context.putImageData(this.pixels, 0, 0);
  }

  // A row of the screen where many pixels of the picture share one: four of them are asked.
  drawFar(out, v, columns, data, start, width, reach, height, row) {
    const below = row + reach < height ? start + reach * width : start;
    let before = -1;
    for (let u = 0, at = v * this.canvas.width; u < columns.length; u++, at++) {
      const x = columns[u];
      if (x < 0) continue;
      const right = x + reach < width ? x + reach : x;
      const here = data[start + x] | data[start + right] | data[below + x] | data[below + right];
      if (before >= 0 && here !== before) out[at] = EDGE;
      else if (here) out[at] = FILL;
      before = here;
    }
  }
}

// For each screen pixel the picture's column (or row) under its middle, -1 where there is none.
function lookup(count, ratio, offset, scale, length) {
  return Int32Array.from({ length: count }, (_, index) => {
    const at = Math.floor(((index + 0.5) / ratio - offset) / scale);
    return 0 <= at && at < length ? at : -1;
  });
}
