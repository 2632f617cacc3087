// What the page says: to screen readers as it goes, and to everybody where there is something to know.

const element = (id) => document.getElementById(id);
const known = new Set(); // notes that were shown

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
  const fresh = [...new Set(remarks)].filter((remark) => !known.has(remark));
  fresh.forEach((remark) => known.add(remark));
  if (fresh.length) show(fresh.join(' '), 'status');
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
