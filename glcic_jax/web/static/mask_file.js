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

// Which of a mask's channels shows the hole, where the server refused it because that is open: resolves to
// the channel, '' if nobody chooses, undefined where there is no choice.
export async function askForChannel(error) {
  const channels = error.choices?.mask_channel ?? [];
  if (!channels.length) return undefined;
  const dialog = document.getElementById('channel-dialog');
  document.getElementById('channel-text').textContent =
    `${error.message.split(/; | and is no white/)[0]}.`;
  for (const button of dialog.querySelectorAll('[value]')) {
    button.hidden = button.value && !channels.includes(button.value);
  }
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue); });
}
