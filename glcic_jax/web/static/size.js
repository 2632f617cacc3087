// The slider of the brush size: each step a like share larger, so that 1 to 300 px all are near.

import { SIZES } from './painter.js';

const element = (id) => document.getElementById(id);
const [LEAST, MOST] = SIZES;

export function sizeSlider(onInput) {
  const slider = element('size');
  const steps = Number(slider.max);
  slider.addEventListener('input', () =>
    onInput(Math.round(LEAST * (MOST / LEAST) ** (slider.value / steps))));
  return {
    show(size) {
      const share = Math.log(size / LEAST) / Math.log(MOST / LEAST);
      slider.value = Math.round(steps * share);
      slider.setAttribute('aria-valuetext', `${size} pixels`);
      slider.previousElementSibling.style.setProperty('--size', 0.12 + 0.88 * share);
      element('size-value').textContent = `${size} px`;
    },
  };
}
