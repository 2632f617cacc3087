// A mask that somebody has: white, 128 of 255 and above, is the hole.

import * as png from './png.js';

// Its pixels, 1 where it is white: Uint8Array, row by row.
export async function readMask(file, width, height) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const mask = (await readPng(bytes, file.name)) ?? (await readByCanvas(file));
  if (mask.width !== width || mask.height !== height) {
    throw new Error(`${file.name} is ${mask.width} × ${mask.height} and the picture is ` +
      `${width} × ${height}; a mask has the size of its picture.`);
  }
  if (!mask.data.includes(1)) {
    throw new Error(`${file.name} has no white pixel; white is what will be completed.`);
  }
  return mask.data;
}

async function readPng(bytes, name) {
  try {
    return await png.read(bytes);
  } catch {
    throw new Error(`${name} is damaged; save the mask again.`);
  }
}

// JPEG and other kinds. Should a browser change a few levels here, black and white stay what they are.
async function readByCanvas(file) {
  let image;
  try {
    image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Error(`${file.name} cannot be read as a picture; save the mask as PNG.`);
  }
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0);
  image.close();
  const levels = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height);
  for (let index = 0; index < data.length; index++) {
    const [red, green, blue] = levels.subarray(4 * index, 4 * index + 3);
    data[index] = +((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16 >= 128);
  }
  return { width, height, data };
}
