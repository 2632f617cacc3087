// A mask as a PNG file, and a PNG file as a mask: bytes alone, because what a browser gives back from
// a canvas may be changed to stop tracking.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // by colour type

// A bitmap as a PNG of one bit a pixel; 1 is white.
export async function write({ width, height, data }) {
  const stride = Math.ceil(width / 8);
  const rows = new Uint8Array(height * (stride + 1)); // each begins with its filter: 0, none
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (data[at]) rows[start + (x >> 3)] |= 128 >> (x & 7);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 1; // bit depth; colour type 0 is grey
  const parts = [
    new Uint8Array(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', await through(new CompressionStream('deflate'), rows)),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Blob(parts, { type: 'image/png' });
}

// The pixels of a PNG file, RGBA with 8 bits each: {width, height, pixels}, or null if this is no PNG or
// one of a rare kind (interlaced, or with transparent colours), which the browser is to read.
export async function read(bytes) {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  const { header, palette, packed, rare } = chunks(bytes);
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height, depth, kind] = [
    view.getUint32(0), view.getUint32(4), header[8], header[9]];
  if (header[12] || rare) return null;
  const channels = CHANNELS[kind];
  const stride = Math.ceil((width * channels * depth) / 8);
  const rows = await through(new DecompressionStream('deflate'), packed);
  if (rows.length < height * (stride + 1)) throw new Error('The file is cut off.');
  unfilter(rows, height, stride, Math.max(1, (channels * depth) >> 3));
  const pixels = new Uint8Array(4 * width * height);
  const put = reader(kind, depth, palette, pixels);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let x = 0; x < width; x++) put(row, x, 4 * (y * width + x));
  }
  return { width, height, pixels };
}

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index++) bytes[4 + index] = name.charCodeAt(index);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

function chunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = { header: null, palette: null, packed: [], rare: false };
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') found.header = data;
    if (name === 'PLTE') found.palette = data;
    if (name === 'tRNS') found.rare = true;
    if (name === 'IDAT') found.packed.push(data);
    at += length + 12;
  }
  return { ...found, packed: new Blob(found.packed) };
}

async function through(stream, bytes) {
  const blob = bytes instanceof Blob ? bytes : new Blob([bytes]);
  const out = new Response(blob.stream().pipeThrough(stream));
  return new Uint8Array(await out.arrayBuffer());
}

// CRC-32, bit by bit of a byte in a table.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function checksum(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

// Undoes the five filters of PNG, in place.
function unfilter(rows, height, stride, step) {
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    const filter = rows[start - 1];
    for (let x = 0; x < stride; x++) {
      const at = start + x;
      const left = x >= step ? rows[at - step] : 0;
      const up = y ? rows[at - stride - 1] : 0;
      const corner = y && x >= step ? rows[at - stride - 1 - step] : 0;
      if (filter === 1) rows[at] += left;
      else if (filter === 2) rows[at] += up;
      else if (filter === 3) rows[at] += (left + up) >> 1;
      else if (filter === 4) rows[at] += nearest(left, up, corner);
    }
  }
}

function nearest(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

// (row, x, at): puts a pixel of a row at a place among RGBA.
function reader(kind, depth, palette, pixels) {
  const grey = (level, at) => pixels.fill(level, at, at + 3);
  const ofPalette = (index, at) => pixels.set(palette.subarray(3 * index, 3 * index + 3), at);
  if (depth < 8) {
    const top = (1 << depth) - 1;
    return (row, x, at) => {
      const bit = x * depth;
      const value = (row[bit >> 3] >> (8 - depth - (bit & 7))) & top;
      if (kind === 3) ofPalette(value, at);
      else grey((255 * value) / top, at);
      pixels[at + 3] = 255;
    };
  }
  const size = depth / 8; // of two bytes, the first one decides
  const step = CHANNELS[kind] * size;
  return (row, x, at) => {
    const from = x * step;
    if (kind === 3) ofPalette(row[from], at);
    else if (kind & 2) for (let c = 0; c < 3; c++) pixels[at + c] = row[from + c * size];
    else grey(row[from], at);
    pixels[at + 3] = kind & 4 ? row[from + step - size] : 255;
  };
}
