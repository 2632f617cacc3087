// From the button to the results: what is sent, in which format it comes back.

import * as api from './api.js';
import { shortName } from './panel.js';
import * as png from './png.js';
import * as working from './working.js';

// Completes a picture by each model in turn; resolves to {results, errors}. A model that fails leaves
// the others' results; rejects only where it is cancelled.
//
// A result is {blob, url, width, height, model, milliseconds, warnings}, what the screen shows, with
// `file()`, what is to be downloaded, and `lossless()`, what is to be completed further.
export async function run({ picture, bitmap, models, options, isLoading }) {
  const { signal, end } = working.begin('Completing');
  const [results, errors] = [[], []];
  try {
    const mask = await png.write(bitmap);
    const sent = await toSend(picture);
    for (const [index, model] of models.entries()) {
      sayWhich(shortName(model), isLoading(model), index + 1, models.length);
      const own = { ...sent.options, ...options(model) };
      const ask = (format, how) => api.complete({
        image: sent.image, mask, options: { ...own, ...(format && { format }) }, ...how });
      try {
        results.push(await complete(picture, own.format, ask, signal));
      } catch (error) {
        if (!(error instanceof api.Refused)) throw error;
        errors.push(error);
      }
    }
  } finally {
    end();
  }
  return { results, errors };
}

// Not every browser shows what the result is to be; and the server still knows its newest picture when
// it is asked for it in another format.
async function complete({ width, height, isPreviewed }, format, ask, signal) {
  const shown = isPreviewed && !format ? 'png' : undefined;
  const result = await ask(shown, { signal, onWait: working.sayBusy });
  const url = URL.createObjectURL(result.blob);
  const again = async (other) => (await ask(other)).blob;
  let file = shown ? null : result.blob;
  return {
    ...result, url, width, height,
    file: async () => file ??= await again('keep'),
    lossless: () => again('png'),
  };
}

// A JPEG that was completed before is not encoded a second time: what is sent is its lossless double, if
// there is one, and what comes back is a JPEG again.
async function toSend(picture) {
  const lossless = await picture.lossless;
  return lossless ? { image: lossless, options: { format: 'jpg' } } : { image: picture.blob, options: {} };
}

export const { cancel } = working;

function sayWhich(name, isLoading, turn, turns) {
  const doing = isLoading ? `Loading ${name}, then completing` : `Completing with ${name}`;
  working.say(turns > 1 ? `${doing}, ${turn} of ${turns}` : doing);
}
