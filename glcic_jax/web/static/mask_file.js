// A mask that somebody has: white is the hole; see meaning.js for other kinds.

import { holeOf } from './meaning.js';
import * as png from './png.js';

// Its pixels, 1 in the hole: Uint8Array, row by row.
export async function readMask(file, width, height) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const mask = (await readPng(bytes, file.name)) ?? (await readByCanvas(file));
  if (mask.width !== width || mask.height !== height) {
    throw new Error(`${file.name} is ${mask.width} × ${mask.height} and the picture is ` +
      `${width} × ${height}; a mask has the size of its picture.`);
  }
  const hole = meaningOf(mask.pixels, file.name);
  if (!hole.includes(1)) {
    throw new Error(`${file.name} has no white pixel; white is what will be completed.`);
  }
  return hole;
}

function meaningOf(pixels, name) {
  try {
    return holeOf(pixels);
  } catch (error) {
    throw new Error(`${name} ${error.message}`);
  }
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
  context.drawImage(image, 0, 0);
  image.close();
  return { width, height, pixels: context.getImageData(0, 0, width, height).data };
}
