"""The frame of every page: one HTML file that fetches nothing, for any screen and for paper."""

from collections.abc import Iterable

from glcic_jax.pages import elements
from glcic_jax.pages import style

_ZOOM = """<dialog aria-label="Picture at full size"><img alt=""></dialog>
<script>
const dialog = document.querySelector('dialog'), large = dialog.querySelector('img');
document.addEventListener('click', event => {
  const button = event.target.closest('figure button');
  if (button) {
    const small = button.querySelector('img');
    // Small pictures are enlarged by a whole number, so that their pixels can be seen.
    const room = Math.min(640, innerWidth - 40, innerHeight - 60);
    const times = Math.max(1, Math.floor(room / Math.max(small.naturalWidth, small.naturalHeight)));
    large.src = small.src; large.alt = small.alt; large.width = times * small.naturalWidth;
    large.style.imageRendering = times > 1 ? 'pixelated' : 'auto';
    dialog.showModal();
  } else if (event.target === large || event.target === dialog) dialog.close();
});
// Paper shows everything.
addEventListener('beforeprint',
  () => document.querySelectorAll('details').forEach(part => part.open = true));
</script>"""


def page(title: str, body: Iterable[str], *, zoom: bool = False) -> bytes:
  """The HTML file, the same bytes for the same arguments.

  Args:
    title: of the window.
    body: markup, part by part; empty parts are left out.
    zoom: whether a script opens zoomable figures at full size, and everything for printing; without
      it the page has no script.
  """
  parts = [*body, _ZOOM if zoom else '']
  text = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f'<title>{elements.text(title)}</title>\n<style>{style.CSS}</style>\n</head>\n<body>\n'
    + '\n'.join(part for part in parts if part)
    + '\n</body>\n</html>\n'
  )
  return text.encode(errors='replace')  # names of files may hold what is no Unicode
