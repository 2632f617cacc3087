// The pill that says what is under way, and for how long; it can be cancelled.

import { announce } from './say.js';

const element = (id) => document.getElementById(id);

// Shows it until `end()`; `signal` hears of Cancel.
export function begin(text) {
  const abort = new AbortController();
  const cancelling = () => abort.abort();
  const start = performance.now();
  const show = () => {
    element('elapsed').textContent = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  };
  element('cancel').addEventListener('click', cancelling);
  show();
  say(text);
  element('working').hidden = false;
  announce(`${text}. Escape cancels.`);
  const clock = setInterval(show, 100);
  return {
    signal: abort.signal,
    end() {
      clearInterval(clock);
      element('working').hidden = true;
      element('cancel').removeEventListener('click', cancelling);
    },
  };
}

export function say(text) {
  element('working-text').textContent = text;
}

export function sayBusy(seconds) {
  say(`The server is busy; trying again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`);
}

export function cancel() {
  element('cancel').click();
}
