// The server's API: which models there are, completing, and what files show. Errors are its sentences.

export class Refused extends Error {
  // `choices`: fields that would answer what is open, and the values of each.
  constructor(sentence, status, choices = {}) {
    super(sentence);
    this.status = status;
    this.choices = choices;
  }
}

// Nobody else is to find it: it is kept while this page is open, and taken out of its address.
let token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) history.replaceState(null, '', location.pathname + location.search);

export function setToken(given) {
  token = given;
}

export async function models() {
  return (await ask('v1/models', {})).json();
}

// Sends a picture's bytes and a mask's.
export async function complete({ image, mask, options, signal, onWait }) {
  return post('v1/complete', { image, mask, ...options }, { signal, onWait });
}

// The hole of a mask file, as a PNG of one bit; `channel`: 'alpha', 'luminance' or nothing.
export async function hole(mask, channel, how) {
  return post('v1/mask', { mask, ...(channel && { mask_channel: channel }) }, how);
}

// A picture that the browser cannot show, as one that it can.
export async function preview(image, how) {
  return post('v1/preview', { image }, how);
}

// Where too many wait already it tries again later: `onWait` is told in how many seconds.
async function post(path, fields, { signal, onWait } = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Blob) body.append(name, value, name);
    else body.append(name, String(value));
  }
  for (;;) {
    const response = await ask(path, { method: 'POST', body, signal }, [429]);
    if (response.ok) return result(response);
    const seconds = Number(response.headers.get('Retry-After')) || 5;
    onWait?.(seconds);
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
  return new Refused(sentence, response.status, said.choices);
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('Cancelled', 'AbortError'));
    });
  });
}
