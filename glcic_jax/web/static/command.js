// The command that does on the command line what the button does here.

// `options`: those that are sent to the server, which are those that are not the defaults.
export function command(name, mask, options) {
  const words = ['glcic-jax', 'complete', path(name), '--mask', path(mask)];
  for (const [option, value] of Object.entries(options)) {
    if (option === 'model' && value === 'demo') continue; // what the command takes by itself
    words.push(`--${option}`, String(value));
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
