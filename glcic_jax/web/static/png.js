// A mask as a PNG file of one bit a pixel, and back: bytes alone, because what a browser gives back
// from a canvas may be changed to stop tracking.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

// A bitmap as a PNG; 1 is white.
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
    chunk('IDAT', await through(new CompressionStream('deflate'), new Blob([rows]))),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Blob(parts, { type: 'image/png' });
}

// A PNG that the server wrote, as a bitmap.
export async function read(buffer) {
  const view = new DataView(buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const packed = [];
  for (let at = 8; at < view.byteLength;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === IDAT) packed.push(new Uint8Array(buffer, at + 8, length));
    at += length + 12;
  }
  const stride = Math.ceil(width / 8);
  const rows = await through(new DecompressionStream('deflate'), new Blob(packed));
  unfilter(rows, height, stride);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      data[at] = (rows[start + (x >> 3)] >> (7 - (x & 7))) & 1;
    }
  }
  return { width, height, data };
}

const IDAT = 0x49444154; // the letters as a number

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index++) bytes[4 + index] = name.charCodeAt(index);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

async function through(stream, blob) {
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

// Undoes the five filters of PNG, in place; pixels share bytes here, so the one before is the left one.
function unfilter(rows, height, stride) {
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    const filter = rows[start - 1];
    for (let x = 0; filter && x < stride; x++) {
      const at = start + x;
      const left = x ? rows[at - 1] : 0;
      const up = y ? rows[at - stride - 1] : 0;
      const corner = x && y ? rows[at - stride - 2] : 0;
      if (filter === 1) rows[at] += left;
      else if (filter === 2) rows[at] += up;
      else if (filter === 3) rows[at] += (left + up) >> 1;
      else rows[at] += nearest(left, up, corner);
    }
  }
}

function nearest(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
