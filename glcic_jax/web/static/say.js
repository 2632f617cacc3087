// What the page says: to screen readers as it goes, and to everybody where something went wrong.

const element = (id) => document.getElementById(id);

// Politely, to screen readers alone.
export function announce(text) {
  element('live').textContent = text;
}

// In a box over the picture, until it is dismissed or something new is done.
export function notice(text) {
  element('notice-text').textContent = text;
  element('notice').hidden = false;
}

export function clearNotice() {
  element('notice').hidden = true;
}

element('notice-close').addEventListener('click', clearNotice);
