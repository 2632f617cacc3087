// The page begins here: ties buttons, files, the clipboard and the window to what can be done.

import * as api from './api.js';
import { actions, editor, loadModels, open, openMask, panel, saveMask, setPanel, setSize, wide }
  from './app.js';
import { announce } from './say.js';

const element = (id) => document.getElementById(id);
const on = (id, name, handler) => element(id).addEventListener(name, handler);

// Button -> action.
const BUTTONS = {
  open: 'open', 'welcome-open': 'open', undo: 'undo', redo: 'redo', invert: 'invert', clear: 'clear',
  grow: 'grow', 'zoom-in': 'zoomIn', 'zoom-out': 'zoomOut', 'zoom-fit': 'zoomFit',
  'zoom-level': 'zoomFull', complete: 'complete', again: 'again', back: 'back', keep: 'keep',
  download: 'download', save: 'download',
};
for (const [id, action] of Object.entries(BUTTONS)) on(id, 'click', () => actions[action]());

for (const button of document.querySelectorAll('[data-tool]')) {
  button.addEventListener('click', () => actions.tool(button.dataset.tool));
}

// Files: chosen, dropped, pasted.
for (const [id, take] of [['file', open], ['mask-file', openMask]]) {
  on(id, 'change', ({ target }) => {
    take(target.files[0]);
    target.value = ''; // so that the same file can be chosen again
  });
}
on('mask-open', 'click', () => {
  element('mask-menu').hidePopover();
  element('mask-file').click();
});
on('mask-save', 'click', saveMask);
on('command-mask', 'click', saveMask);
addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.toggleAttribute('data-dropping', true);
});
for (const name of ['dragleave', 'drop']) {
  addEventListener(name, (event) => {
    event.preventDefault();
    if (name === 'drop' || !event.relatedTarget) document.body.removeAttribute('data-dropping');
  });
}
addEventListener('drop', (event) => open(event.dataTransfer.files[0]));
addEventListener('paste', (event) => open(event.clipboardData.files[0]));

// The original, while its button is held.
for (const name of ['pointerdown', 'pointerup', 'pointerleave', 'pointercancel', 'blur']) {
  on('original', name, () => editor.peek(name === 'pointerdown'));
}
on('original', 'keydown', ({ key }) => (key === ' ' || key === 'Enter') && editor.peek(true));
on('original', 'keyup', () => editor.peek(false));

// The menu of the mask opens above its button.
on('mask-menu', 'toggle', (event) => {
  if (event.newState !== 'open') return;
  const button = element('mask-button').getBoundingClientRect();
  const { style, offsetWidth } = element('mask-menu');
  style.left = `${Math.max(8, Math.min(button.left, innerWidth - offsetWidth - 8))}px`;
  style.bottom = `${innerHeight - button.top + 10}px`;
});
for (const id of ['invert', 'clear', 'grow', 'mask-save']) {
  on(id, 'click', () => element('mask-menu').hidePopover());
}

// The options: beside the picture where there is room, else a sheet.
on('options-toggle', 'click', () => {
  const isOpen = document.body.dataset.panel !== 'open';
  setPanel(isOpen);
  if (isOpen && !wide.matches) element('panel-close').focus();
});
on('panel-close', 'click', () => {
  setPanel(false);
  element('options-toggle').focus();
});
wide.addEventListener('change', () => setPanel(wide.matches));
// A press that closes the sheet or the menu does no more: it paints nothing.
document.addEventListener('pointerdown', (event) => {
  const isSheet = !wide.matches && document.body.dataset.panel === 'open' &&
    !event.target.closest('#panel, #options-toggle');
  if (isSheet) setPanel(false);
  const isMenu = element('mask-menu').matches(':popover-open') && event.target.closest('#stage');
  if (isSheet || isMenu) event.stopPropagation();
}, true);
on('copy', 'click', async () => {
  try {
    await navigator.clipboard.writeText(element('command').textContent);
    announce('The command is copied.');
  } catch { // not allowed: it can still be copied by hand
    getSelection().selectAllChildren(element('command'));
    announce('The command is selected.');
  }
});

// The token of a server that wants one.
on('token-form', 'submit', (event) => {
  event.preventDefault();
  api.setToken(element('token').value.trim());
  element('token-dialog').close();
  loadModels();
});
on('token-cancel', 'click', () => element('token-dialog').close());

addEventListener('beforeunload', (event) => {
  if (editor.history.states.length > 1) event.preventDefault();
});

const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
element('whereto').textContent = isHere
  ? 'It stays on this computer.' : `It goes to ${location.host}, and nowhere else.`;
setPanel(wide.matches);
setSize(40);
loadModels();
