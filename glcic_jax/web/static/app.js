// What can be done on the page, and what each of it changes. Who asks for it is in main.js.
//
// The page is in one of four phases, which stands in <body data-phase>: empty, painting, working, result.

import * as api from './api.js';
import { command } from './command.js';
import { Comparison } from './comparing.js';
import * as completing from './completing.js';
import { Editor } from './editor.js';
import { Keyboard, nextSize } from './keyboard.js';
import { askForChannel, readMask } from './mask_file.js';
import { Panel, shortName } from './panel.js';
import * as pictures from './picture.js';
import * as png from './png.js';
import { announce, clearNotice, note, noteOnFile, notice } from './say.js';
import { sizeSlider } from './size.js';
import * as working from './working.js';

const element = (id) => document.getElementById(id);
const LOADING = 1500; // milliseconds after which it is asked again whether the models are loaded
const BRUSH = 32; // CSS pixels on the screen, where a picture is opened
const PAINTED = 'Picture. Arrow keys move the brush, Space puts it down and lifts it, Shift makes larger ' +
  'steps, Alt single pixels.';
const COMPARED = 'Picture, before and after. Arrow keys move it.';
export const wide = matchMedia('(min-width: 1100px)');

export const editor = new Editor(element('stage'), {
  changed: () => refresh(),
  painted: () => panel.instant && complete(),
});
export const comparison = new Comparison(editor.stage, editor.view);
export const panel = new Panel(() => refresh());
const { painter, view, history } = editor;
let asking = null;
const slider = sizeSlider((size) => setSize(size));

export const actions = {
  open: () => element('file').click(),
  undo: () => phase() === 'result' ? back() : canEdit() && editor.undo(),
  redo: () => canEdit() && editor.redo(),
  tool: (name) => canEdit() && setTool(name),
  smaller: () => setSize(nextSize(painter.size, -1)),
  larger: () => setSize(nextSize(painter.size, 1)),
  invert: () => canEdit() && add({ kind: 'invert' }, 'Inverted'),
  clear: () => canEdit() && editor.extent && add({ kind: 'clear' }, 'Cleared'),
  grow: () => canEdit() && editor.extent &&
    add({ kind: 'grow', pixels: Number(element('grow-by').value) || 1 }, 'Grown'),
  zoomIn: () => zoom(1.4),
  zoomOut: () => zoom(1 / 1.4),
  zoomFull: () => zoom(1 / (view.scale * devicePixelRatio)),
  zoomFit: () => view.fit() ?? editor.moved(),
  complete: () => complete(),
  keep: () => phase() === 'result' && keep(comparison.chosen),
  again: () => phase() === 'result' && complete(),
  back: () => phase() === 'result' && back(),
  download: () => phase() === 'result' ? said(comparison.download(editor.picture)) : saveKept(),
  escape: () => escape(),
};

new Keyboard(editor, actions);

function phase() {
  return document.body.dataset.phase;
}

function setPhase(name) {
  document.body.dataset.phase = name;
  editor.canPaint = name === 'painting';
  editor.comparing = name === 'result';
  editor.stage.root.dataset.can = name === 'painting' ? 'paint' : 'pan';
  editor.stage.root.setAttribute('aria-label', name === 'result' ? COMPARED : PAINTED);
  fitAroundDock();
  editor.moved();
}

// Something is waited for: a completion, or what a file shows.
function isBusy() {
  return phase() === 'working' || !element('working').hidden;
}

function canEdit() {
  return phase() === 'painting' && !painter.busy;
}

// Whatever of the page depends on what was done.
function refresh() {
  const { picture, extent } = editor;
  if (!picture) return;
  element('undo').disabled = phase() === 'working' || (phase() === 'painting' && !history.canUndo);
  element('redo').disabled = phase() !== 'painting' || !history.canRedo;
  // Until somebody has found out.
  const hasPainted = history.states.some(({ operations }) => operations.length);
  element('hint').hidden = phase() !== 'painting' || hasPainted;
  element('complete').setAttribute('aria-disabled', String(!extent));
  for (const id of ['clear', 'grow', 'mask-save', 'command-mask']) element(id).disabled = !extent;
  element('save').disabled = !picture.origin || phase() === 'working';
  element('file-name').textContent = picture.name;
  element('file-size').textContent = `${picture.width} × ${picture.height}`;
  element('zoom-level').textContent = `${Math.round(100 * view.scale * devicePixelRatio)} %`;
  element('command').textContent = panel.names.map((name) =>
    command(picture, panel.options(name), name === panel.second)).join('\n');
  editor.drawCursor();
}

export async function open(file) {
  if (!file || isBusy()) return;
  clearNotice();
  try {
    const name = file.name || `pasted${pictures.suffixOf(file)}`;
    const picture = await pictures.read(file, name, panel.server);
    if (phase() === 'result') comparison.close();
    setPhase('painting');
    editor.take(picture);
    fitAroundDock();
    view.fit();
    setSize(Math.round(Math.min(300, Math.max(1, BRUSH / view.scale))));
    editor.moved();
    announce(`${name}, ${picture.width} by ${picture.height} pixels. Paint over what should go.`);
  } catch (error) {
    refused(error);
  }
}

function add(operation, done) {
  editor.add(operation);
  announce(`${done}. ${editor.sayExtent()}.`);
}

export function setTool(name) {
  painter.tool = name;
  for (const button of document.querySelectorAll('[data-tool]')) {
    button.setAttribute('aria-pressed', String(button.dataset.tool === name));
  }
  editor.drawCursor();
  announce(name);
}

export function setSize(size) {
  painter.size = size;
  slider.show(size);
  editor.drawCursor();
}

function zoom(factor) {
  view.zoom(factor);
  editor.moved();
}

// What the dock covers of the picture's room, where it floats over it.
function fitAroundDock() {
  const dock = document.querySelector(phase() === 'result' ? '.result-dock' : '.paint-dock');
  const stage = element('stage').getBoundingClientRect();
  const covered = Math.max(0, stage.bottom - dock.getBoundingClientRect().top);
  view.inset = [0, dock.offsetHeight ? covered : 0];
  if (view.fitted) view.fit();
}

export async function complete() {
  if (isBusy() || (phase() !== 'painting' && phase() !== 'result')) return;
  clearNotice();
  painter.release(); // which completes by itself in instant mode
  if (isBusy()) return;
  if (!editor.extent) return notice('Paint over what should go first; then it can be completed.');
  if (editor.extent.share === 1) {
    return notice('All of it is painted, so nothing is left to complete it from; erase what should stay.');
  }
  if (phase() === 'result') putAway();
  const { picture, mask, extent } = editor;
  setPhase('working');
  try {
    const { results, errors } = await completing.run({
      picture,
      bitmap: mask.bitmap,
      models: panel.names,
      options: (name) => panel.options(name),
      isLoading: (name) => panel.description(name)?.status === 'loading',
    });
    setPhase('painting');
    if (errors.length) refused(errors[0]);
    if (results.length) await completed(results, extent);
    loadModels(); // it may say now that a model is loaded
  } catch (error) {
    setPhase('painting');
    if (error.name !== 'AbortError') throw error;
    announce('Cancelled.');
  }
}

async function completed(results, extent) {
  const remarks = results.flatMap(({ warnings }) => warnings);
  note(remarks);
  noteOnFile(remarks);
  const seconds = results.map(({ model, milliseconds }) =>
    `${shortName(model)} in ${(milliseconds / 1000).toFixed(1)} seconds`);
  announce(`Completed by ${seconds.join(', ')}.`);
  if (panel.instant) return keep(results[0]);
  setPhase('result');
  await comparison.show(results, extent.box);
  editor.moved();
  element('keep').focus({ preventScroll: true });
}

async function keep(result) {
  const [{ picture }, before] = [editor, phase()];
  const file = await said(result.file());
  if (!file || editor.picture !== picture || phase() !== before) return;
  comparison.close(result);
  if (!panel.instant) clearNotice(); // it has been seen
  setPhase('painting');
  editor.take({
    name: pictures.completedName(picture, file), blob: file, url: result.url,
    width: picture.width, height: picture.height, isPreviewed: picture.isPreviewed,
    origin: picture.origin ?? picture, lossless: losslessOf(result, file),
  });
  element('stage').focus({ preventScroll: true });
}

// A JPEG would lose a little each time; where its double is too large to be sent, it does.
async function losslessOf(result, { type }) {
  const most = panel.server.limits.bytes;
  if (type !== 'image/jpeg' || result.width * result.height > most) return null;
  const double = await result.lossless().catch(() => null);
  return double && double.size < 0.99 * most ? double : null; // beside it, a mask
}

// What a promise gives; undefined where it fails, which is told.
async function said(promise) {
  try {
    return await promise;
  } catch (error) {
    refused(error);
  }
}

function back() {
  putAway();
  announce('Back at the mask.');
}

function putAway() {
  comparison.close();
  editor.stage.show(editor.picture);
  setPhase('painting');
}

function saveKept() {
  if (editor.picture?.origin) pictures.download(editor.picture.blob, editor.picture.name);
}

function escape() {
  if (isBusy()) working.cancel();
  else if (phase() === 'result') back();
  else painter.cancel();
  clearNotice();
  if (!wide.matches) setPanel(false);
}

function refused(error) {
  if (error.name === 'AbortError') return announce('Cancelled.');
  if (error.status !== 401) return notice(error.message);
  if (!element('token-dialog').open) element('token-dialog').showModal();
}

export async function saveMask() {
  if (!editor.extent) return;
  pictures.download(await png.write(editor.mask.bitmap), pictures.maskName(editor.picture));
}

export async function openMask(file, channel) {
  if (!file || isBusy() || !canEdit()) return;
  clearNotice();
  const { picture } = editor;
  try {
    const { data, warnings } = await readMask(file, picture.width, picture.height, channel);
    if (editor.picture !== picture || !canEdit()) return;
    add({ kind: 'file', data }, `${file.name} is the mask now`);
    note(warnings);
  } catch (error) {
    const chosen = await askForChannel(error);
    if (chosen === undefined) refused(error);
    else if (chosen) openMask(file, chosen);
  }
}

export function setPanel(isOpen) {
  document.body.dataset.panel = isOpen ? 'open' : 'closed';
  element('options-toggle').setAttribute('aria-expanded', String(isOpen));
}

export async function loadModels() {
  try {
    const answer = await api.models();
    panel.fill(answer);
    element('file').accept = pictures.accepted(answer.formats);
    refresh();
    clearTimeout(asking);
    const isLoading = answer.models.some(({ status }) => status === 'loading');
    if (isLoading) asking = setTimeout(loadModels, LOADING);
  } catch (error) {
    refused(error);
  }
}
