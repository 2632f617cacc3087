// Pictures as files: what was given is kept byte for byte and sent as it is; the browser only shows it.

import { ofWebp } from './orientation.js';

const SUFFIXES = {
  'image/jpeg': '.jpg', 'image/png': '.png', 'image/webp': '.webp', 'image/gif': '.gif',
  'image/bmp': '.bmp', 'image/tiff': '.tif',
};

// {name, blob, url, width, height}: size upright, as its EXIF orientation says. `server`: what it takes,
// as `GET /v1/models` says; null where that is not known yet.
export async function read(blob, name, server) {
  const { limits, formats } = server ?? {};
  if (formats && blob.type && !formats.some((format) => blob.type === `image/${format}`)) {
    throw new Error(`${name} is of a kind that this server does not take; ` +
      `save it as ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}.`);
  }
  if (limits && blob.size > limits.bytes) {
    const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
    throw new Error(`${name} has ${megabytes(blob.size)} MB, and this server takes ` +
      `${megabytes(limits.bytes)}; save it smaller.`);
  }
  const { width, height } = await sizeOf(blob, name);
  if (limits && width * height > limits.pixels) {
    throw new Error(`${name} has ${Math.round(width * height / 1e6)} megapixels, and this server ` +
      `takes ${Math.round(limits.pixels / 1e6)}; scale it down.`);
  }
  if (blob.type === 'image/webp' && (await ofWebp(blob)) !== 1) {
    throw new Error(`${name} is stored on its side or mirrored, and browsers do not turn WebP ` +
      'upright; save it upright, or as JPEG.');
  }
  return { name, blob, url: URL.createObjectURL(blob), width, height };
}

async function sizeOf(blob, name) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch {
    throw new Error(`${name} cannot be shown: it is damaged, or of a kind that this browser does ` +
      'not know. JPEG, PNG and WebP will do.');
  }
  const { width, height } = bitmap;
  bitmap.close(); // 100 MB for 24 megapixels
  return { width, height };
}

export function stem(name) {
  return name.replace(/\.[^.]+$/, '');
}

export function suffixOf(blob) {
  return SUFFIXES[blob.type] ?? '';
}

// As `glcic-jax complete` calls the result: in the same format, with the same suffix.
export function completedName(picture, blob) {
  const same = !blob.type || blob.type === picture.blob.type;
  const suffix = same ? picture.name.slice(stem(picture.name).length) : suffixOf(blob);
  return `${stem(picture.name)}_completed${suffix || suffixOf(blob)}`;
}

export function maskName(picture) {
  return `${stem(picture.name)}_mask.png`;
}

// Hands a file to the person in front of the screen.
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
