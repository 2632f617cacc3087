// A mask that somebody has. What of it is the hole the server decides, as its command does.

import * as api from './api.js';
import * as png from './png.js';
import * as working from './working.js';

// {data, warnings}: its pixels, 1 in the hole, Uint8Array row by row; and the server's remarks.
// `channel`: what shows the hole, 'alpha' or 'luminance', where the server has asked.
export async function readMask(file, width, height, channel) {
  const { blob, warnings } = await ask(file, channel);
  const hole = await png.read(await blob.arrayBuffer());
  if (hole.width !== width || hole.height !== height) {
    throw new Error(`${file.name} is ${hole.width} × ${hole.height} and the picture is ` +
      `${width} × ${height}; a mask has the size of its picture.`);
  }
  return { data: hole.data, warnings };
}

async function ask(file, channel) {
  const { signal, end } = working.begin('Reading the mask');
  try {
    return await api.hole(file, channel, { signal, onWait: working.sayBusy });
  } finally {
    end();
  }
}

// The channels that a refusal offers, of a mask that could be understood in two ways.
export function channelsOf(error) {
  if (!(error instanceof api.Refused) || error.status !== 422) return [];
  if (error.message.includes('give mask_channel alpha')) return ['alpha', 'luminance'];
  return error.message.includes('give mask_channel luminance') ? ['luminance'] : [];
}
