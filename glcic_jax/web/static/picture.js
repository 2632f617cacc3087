// Pictures as files: what was given is kept byte for byte and sent as it is; the browser only shows it,
// or a preview of the server's where it cannot.

import * as api from './api.js';
import { ofWebp } from './orientation.js';
import * as working from './working.js';

const SUFFIXES = {
  'image/jpeg': '.jpg', 'image/png': '.png', 'image/webp': '.webp', 'image/gif': '.gif',
  'image/bmp': '.bmp', 'image/tiff': '.tif', 'image/avif': '.avif', 'image/heif': '.heif',
  'image/heic': '.heic',
};
const HEIF = ['image/heic', 'image/heif'];

// {name, blob, url, width, height, isPreviewed}: size upright, as its EXIF orientation says. `server`:
// what it takes, as `GET /v1/models` says; null where that is not known yet.
export async function read(blob, name, server) {
  const { limits, formats } = server ?? {};
  if (formats && blob.type && !mimes(formats).includes(blob.type)) {
    const names = formats.map((format) => format.toUpperCase());
    throw new Error(`${name} is of a kind that this server does not take; ` +
      `save it as ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`);
  }
  if (limits && blob.size > limits.bytes) {
    const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
    throw new Error(`${name} has ${megabytes(blob.size)} MB, and this server takes ` +
      `${megabytes(limits.bytes)}; save it smaller.`);
  }
  // Browsers show WebP as it is stored, and the server turns it upright.
  const isTurned = blob.type === 'image/webp' && (await ofWebp(blob)) !== 1;
  const own = isTurned ? null : await sizeOf(blob);
  const shown = own ? blob : await preview(blob, name);
  const size = own ?? await sizeOf(shown);
  if (limits && size.width * size.height > limits.pixels) {
    throw new Error(`${name} has ${Math.round(size.width * size.height / 1e6)} megapixels, and this ` +
      `server takes ${Math.round(limits.pixels / 1e6)}; scale it down.`);
  }
  return { name, blob, url: URL.createObjectURL(shown), ...size, isPreviewed: !own };
}

// The types of the files that a server takes, by its names of formats.
export function mimes(formats) {
  return formats.flatMap((format) => format === 'heif' ? HEIF : [`image/${format}`]);
}

// Of the file dialog: what a server takes. A phone that photographs in HEIC hands over a JPEG where that
// is not named, which every server reads.
export function accepted(formats) {
  const isPhone = matchMedia('(pointer: coarse)').matches;
  const isMeant = (type) => !(isPhone && HEIF.includes(type));
  return mimes(formats).filter(isMeant).flatMap((type) =>
    HEIF.includes(type) ? [type, SUFFIXES[type]] : [type]).join();
}

async function preview(blob, name) {
  const { signal, end } = working.begin(`Reading ${name}`);
  try {
    return (await api.preview(blob, { signal, onWait: working.sayBusy })).blob;
  } catch (error) {
    if (error.status === 401) throw error;
    throw new Error(error.name === 'AbortError' ? `${name} was not opened.`
      : error.message.replace('The picture', name));
  } finally {
    end();
  }
}

// null where this browser does not know its kind, or it is damaged.
async function sizeOf(blob) {
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
    const { width, height } = bitmap;
    bitmap.close(); // 100 MB for 24 megapixels
    return { width, height };
  } catch {
    return null;
  }
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
