"""The frame of a report: one HTML file without any other, for screens of any width and for
paper.
"""

import html

_STYLE = """
:root { color-scheme: light; --ink: #1b1b1b; --soft: #5a5a5a; --line: #c8c8c8; --pale: #f2f2f2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 1500px; color: var(--ink); background: #fff;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { font-size: 1.5rem; margin: .3rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .3rem 0; max-width: 62rem; } .soft, small { color: var(--soft); }
small { font-size: .78rem; white-space: nowrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .3rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; border-bottom: 2px solid var(--ink); }
th:first-child, td:first-child, th.text, td.text { text-align: left; }
td:first-child { min-width: 7rem; overflow-wrap: anywhere; }
td small { display: block; } small.status { white-space: normal; }
tr.raw td { color: var(--soft); }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; color: var(--soft); }
summary { cursor: pointer; font-weight: 600; margin: .6rem 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 1rem 1.5rem; }
svg.boxes { width: 100%; max-width: 480px; height: auto; font-size: 12px; break-inside: avoid; }
svg .title { font-weight: 600; } svg .name { text-anchor: end; } svg .tick { text-anchor: middle; fill: var(--soft); }
svg .grid { stroke: #dcdcdc; } svg .whisker { stroke: var(--ink); } svg .median { stroke: var(--ink); stroke-width: 3; }
svg .box { fill: #bcd0e6; stroke: var(--ink); } svg .point { fill: none; stroke: var(--soft); }
.case { border-top: 1px solid var(--line); padding: .8rem 0; break-inside: avoid; }
.strip { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: .6rem; margin-top: .4rem; }
figure { margin: 0; break-inside: avoid; } figure button { all: unset; cursor: zoom-in; display: block; width: 100%; }
figure button:focus-visible { outline: 3px solid #1d5fa8; }
figure img { width: 100%; height: auto; display: block; background: var(--pale); }
figcaption { font-size: .82rem; overflow-wrap: anywhere; }
dialog { border: 0; padding: .5rem; max-width: 98vw; max-height: 98vh; overflow: auto; background: #fff; }
dialog::backdrop { background: rgb(0 0 0 / .75); } dialog img { display: block; cursor: zoom-out; }
@media (max-width: 720px) {
  body { padding: .7rem; }
  table, tbody, tr, td { display: block; width: 100%; } thead { display: none; }
  tr { border: 1px solid var(--line); border-radius: 4px; padding: .3rem .6rem; margin-bottom: .6rem; }
  td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .12rem 0; text-align: right; }
  td:first-child { font-weight: 600; } td:first-child::before { content: none; }
  td::before { content: attr(data-label); color: var(--soft); text-align: left; }
  td:empty { display: none; } td span { overflow-wrap: anywhere; } td small { display: inline; }
  .strip { grid-template-columns: repeat(2, 1fr); }
}
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; } table { font-size: 7.5pt; } small { font-size: 6.5pt; }
  th, td { padding: .15rem .25rem; } td:first-child { min-width: 4.2rem; } tr, dl div { break-inside: avoid; }
  h2, h3, summary, h2 + p { break-after: avoid; } h2 { margin-top: 1rem; } dl { columns: 2; font-size: 8pt; }
  .panels { grid-template-columns: repeat(3, 1fr); gap: .5rem 1rem; } .strip { grid-template-columns: repeat(8, 1fr); }
}
@page { size: A4 landscape; margin: 12mm; }
"""

_SCRIPT = """
const dialog = document.querySelector('dialog'), large = dialog.querySelector('img');
document.addEventListener('click', event => {
  const button = event.target.closest('figure button');
  if (button) {
    const small = button.querySelector('img');
    // Small pictures are enlarged by a whole number, so that their pixels can be seen.
    const room = Math.min(640, innerWidth - 40, innerHeight - 60) / Math.max(small.naturalWidth, small.naturalHeight);
    const times = Math.max(1, Math.floor(room));
    large.src = small.src; large.alt = small.alt; large.width = times * small.naturalWidth;
    large.style.imageRendering = times > 1 ? 'pixelated' : 'auto';
    dialog.showModal();
  } else if (event.target === large || event.target === dialog) dialog.close();
});
// Paper shows everything.
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(part => part.open = true));
"""


def page(title: str, body: str) -> bytes:
  """A whole document; `body` is HTML. Pictures in `<figure><button><img>` open at full size
  when clicked.
  """
  return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
<dialog aria-label="Picture at full size"><img alt=""></dialog>
<script>{_SCRIPT}</script>
</body>
</html>
""".encode(errors='replace')
