// The command that does on the command line what the button does here.

import { maskName, stem } from './picture.js';

const SUFFIXES = { png: '.png', jpg: '.jpg', webp: '.webp' }; // by format

// `options`: those that are sent to the server, which are those that are not the defaults. `isSecond`: its
// result needs another name, because the first model's has the usual one.
export function command(picture, options, isSecond) {
  const { name } = picture;
  const words = ['glcic-jax', 'complete', path(name), '--mask', path(maskName(picture))];
  for (const [option, value] of Object.entries(options)) {
    if (option === 'model' && value === 'demo') continue; // what the command takes by itself
    words.push(`--${option}`, String(value));
  }
  if (isSecond) {
    const suffix = SUFFIXES[options.format] ?? name.slice(stem(name).length);
    const model = options.model.replaceAll(/[^\w.-]+/g, '_');
    words.push('--output', path(`${stem(name)}_completed_${model}${suffix}`));
  }
  return words.map(quoted).join(' ');
}

// A name that begins with a hyphen would be taken for an option.
function path(name) {
  return name.startsWith('-') ? `./${name}` : name;
}

function quoted(word) {
  return /^[\w.,:=@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
