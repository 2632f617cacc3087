// What the page says: to screen readers as it goes, and to everybody where there is something to know.

const element = (id) => document.getElementById(id);
const known = new Set(); // notes that were shown
const LOSSY = /^(\w+) is lossy: /; // as the server begins

// Politely, to screen readers alone.
export function announce(text) {
  element('live').textContent = text;
}

// What went wrong, in a box over the picture until it is dismissed or something new is done.
export function notice(text) {
  show(text, 'alert');
}

// What the server remarks on results: each remark once, or it would be said of every JPEG.
export function note(remarks) {
  const fresh = [...new Set(remarks)].filter((remark) => !known.has(remark) && !LOSSY.test(remark));
  fresh.forEach((remark) => known.add(remark));
  if (fresh.length) show(fresh.join(' '), 'status');
}

// What its format does to a whole file: beside the download, where nothing of the result is covered.
export function noteOnFile(remarks) {
  const format = remarks.map((remark) => remark.match(LOSSY)?.[1]).find(Boolean);
  element('file-note').hidden = !format;
  element('file-note').textContent = format ? `${format} stores the whole picture anew, a little changed. ` +
    'For all else to stay exact, choose PNG under “Result as”, and complete again.' : '';
}

export function clearNotice() {
  element('notice').hidden = true;
}

function show(text, role) {
  const box = element('notice');
  box.setAttribute('role', role);
  box.classList.toggle('note', role === 'status');
  element('notice-text').textContent = text;
  box.hidden = false;
}

element('notice-close').addEventListener('click', clearNotice);
