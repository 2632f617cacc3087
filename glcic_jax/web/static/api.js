// The server's API: which models there are, and completing. Errors are its sentences.

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

const KEY = 'glcic-jax-token';

// A token that came in the address is kept in this tab alone, and taken out of the address.
function tokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token) {
    setToken(token);
    history.replaceState(null, '', location.pathname + location.search);
  }
}

export function setToken(token) {
  sessionStorage.setItem(KEY, token);
}

tokenFromAddress();

export async function models() {
  return (await ask('v1/models', {})).json();
}

// Sends the picture's own bytes. Where too many wait already it tries again later: `onWait` is told in
// how many seconds.
export async function complete({ picture, mask, options, signal, onWait }) {
  const form = new FormData();
  form.append('image', picture.blob, picture.name);
  form.append('mask', mask, 'mask.png');
  for (const [name, value] of Object.entries(options)) form.append(name, String(value));
  for (;;) {
    const response = await ask('v1/complete', { method: 'POST', body: form, signal }, [429]);
    if (response.ok) return result(response);
    const seconds = Number(response.headers.get('Retry-After')) || 5;
    onWait(seconds);
    await pause(seconds, signal);
  }
}

async function result(response) {
  const header = (name) => response.headers.get(name);
  return {
    blob: await response.blob(),
    model: decodeURIComponent(header('X-Model') ?? ''),
    milliseconds: Number(header('X-Time-Ms')),
    warnings: JSON.parse(header('X-Warnings') || '[]'),
  };
}

async function ask(path, options, alsoFine = []) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused('The server does not answer; see whether it still runs.', 0);
  }
  if (!response.ok && !alsoFine.includes(response.status)) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const said = await response.json().catch(() => ({}));
  const sentence = said.error ?? `The server answered ${response.status} ${response.statusText}.`;
  return new Refused(sentence, response.status);
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('Cancelled', 'AbortError'));
    });
  });
}
