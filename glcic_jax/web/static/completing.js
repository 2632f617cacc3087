// From the button to the results: what is sent, how long it takes, cancelling.

import * as api from './api.js';
import { shortName } from './panel.js';
import * as png from './png.js';
import { announce } from './say.js';

const element = (id) => document.getElementById(id);

// Completes a picture by each model in turn; resolves to {results, errors}. A model that fails leaves
// the others' results; rejects only where it is cancelled.
export async function run({ picture, bitmap, models, options, isLoading }) {
  const abort = new AbortController();
  const cancelling = () => abort.abort();
  element('cancel').addEventListener('click', cancelling);
  const clock = showWorking();
  const [results, errors] = [[], []];
  try {
    const mask = await png.write(bitmap);
    for (const [index, model] of models.entries()) {
      sayWhich(shortName(model), isLoading(model), index + 1, models.length);
      try {
        const result = await api.complete({
          picture, mask, options: options(model), signal: abort.signal, onWait: sayBusy });
        const url = URL.createObjectURL(result.blob);
        results.push({ ...result, url, width: picture.width, height: picture.height });
      } catch (error) {
        if (!(error instanceof api.Refused)) throw error;
        errors.push(error);
      }
    }
  } finally {
    clearInterval(clock);
    element('working').hidden = true;
    element('cancel').removeEventListener('click', cancelling);
  }
  return { results, errors };
}

export function cancel() {
  element('cancel').click();
}

function sayWhich(name, isLoading, turn, turns) {
  const doing = isLoading ? `Loading ${name}, then completing` : `Completing with ${name}`;
  say(turns > 1 ? `${doing}, ${turn} of ${turns}` : doing);
}

function sayBusy(seconds) {
  say(`The server is busy; trying again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`);
}

function say(text) {
  element('working-text').textContent = text;
}

function showWorking() {
  const start = performance.now();
  const show = () => {
    element('elapsed').textContent = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  };
  show();
  say('Completing');
  element('working').hidden = false;
  announce('Completing. Escape cancels.');
  return setInterval(show, 100);
}
