"""The look of every page: one column on a phone, three charts a row on a desk, black on white."""

LETTER = 6.6  # pixels: about the width of a letter of a drawing's text

CSS = """
:root { color-scheme: light; --ink: #111827; --soft: #4b5563; --line: #9ca3af; --pale: #d1d5db;
  --sans: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 20px 24px 48px;
  color: var(--ink); background: #fff; font: 15px/1.5 var(--sans); }
h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 36px 0 10px; border-bottom: 2px solid var(--ink); }
h3 { font-size: 15px; margin: 16px 0 2px; overflow-wrap: anywhere; }
p { margin: 6px 0; max-width: 78ch; }
.quiet, figcaption, small { color: var(--soft); }
small { font-size: .85em; }
code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
summary { cursor: pointer; font-weight: 600; margin: 10px 0; }
dl { margin: 8px 0; }
dt { font-weight: 600; margin-top: 8px; }
dd { margin: 0; color: var(--soft); max-width: 78ch; }

.tiles { display: grid; gap: 10px; margin: 14px 0;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.tiles div { border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; }
.tiles dt { font-size: 13px; font-weight: 400; color: var(--soft); margin: 0; }
.tiles dd { font-size: 20px; line-height: 1.3; color: var(--ink); overflow-wrap: anywhere; }
.tiles small { display: block; font-size: 13px; }

.scroll { overflow-x: auto; }
@media screen and (min-width: 721px) and (max-width: 1440px) {
  .cards th, .cards td { font-size: 12.5px; }
  .cards th + th, .cards td + td { padding-left: 7px; }
  .cards th, .cards td:first-child { overflow-wrap: anywhere; }
  .cards td:first-child { min-width: 84px; }
}
table { border-collapse: collapse; min-width: min(100%, 620px); font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 4px 0;
  border-bottom: 1px solid var(--pale); }
th + th, td + td { padding-left: 12px; }
th { font-weight: 600; border-bottom-color: var(--ink); }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
td.n small { display: block; }

figure { margin: 0; break-inside: avoid; }
figure h3 { margin-top: 0; }
figcaption { font-size: 13px; line-height: 1.4; overflow-wrap: anywhere; }
figure button { all: unset; cursor: zoom-in; display: block; width: 100%; }
figure button:focus-visible { outline: 3px solid #1d4ed8; }
figure img, .samples img { display: block; width: 100%; height: auto; }
.charts { display: grid; gap: 20px 24px; margin-top: 14px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
.pictures { display: grid; gap: 10px; margin-top: 6px;
  grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); }
.pictures figure { max-width: 360px; }
.case { border-top: 1px solid var(--pale); padding: 12px 0; break-inside: avoid; }
.case h3 { margin-top: 0; }
table.samples { min-width: 0; }
.samples th, .samples td { padding: 2px; border: 0; text-align: center; font-size: 13px;
  line-height: 1.25; }
.samples th small { display: block; font-weight: 400; font-size: 10.5px; }
.samples img { width: clamp(82px, 9.7vw, 140px); }
dialog { border: 0; padding: 8px; max-width: 98vw; max-height: 98vh; overflow: auto;
  background: #fff; }
dialog::backdrop { background: rgb(0 0 0 / .75); }
dialog img { display: block; cursor: zoom-out; }

svg { display: block; width: 100%; height: auto; break-inside: avoid; }
svg text { font: 11.5px var(--sans); }
svg text.quiet { fill: var(--soft); }
svg text.title { font-weight: 600; }
svg .grid { stroke: var(--line); stroke-width: .5; stroke-opacity: .6; }
svg .axis, svg .whisker { stroke: var(--ink); }
svg .median { stroke: var(--ink); stroke-width: 3; }
svg .box { fill: #bcd0e6; stroke: var(--ink); }
svg .point { fill: none; stroke: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; list-style: none; padding: 0;
  margin: 4px 0 14px; font-size: 13px; }
.legend svg { display: inline-block; width: 26px; height: 14px; vertical-align: -2px;
  border: 1px solid #6b7280; margin-right: 6px; }

.keys { columns: 3 330px; column-gap: 28px; font-size: 13px; padding: 0; margin: 8px 0;
  list-style: none; }
.keys li { break-inside: avoid; padding: 1px 0 1px 14px; text-indent: -14px;
  overflow-wrap: anywhere; }
.keys .differs code { font-weight: 600; }
.keys .differs::before { content: "\\2260\\A0"; }

@media (max-width: 720px) {
  body { padding: 14px 14px 32px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles dd { font-size: 17px; }
  table.plain { font-size: 13px; }
  table.plain td:first-child { overflow-wrap: anywhere; }
  .cards, .cards tbody, .cards tr, .cards td { display: block; width: 100%; }
  .cards thead { display: none; }
  .cards tr { border: 1px solid var(--line); border-radius: 6px; padding: 6px 12px;
    margin-bottom: 10px; }
  .cards td { display: flex; justify-content: space-between; gap: 16px; border: 0; padding: 2px 0;
    overflow-wrap: anywhere; }
  .cards td::before { content: attr(data-label); color: var(--soft); text-align: left;
    white-space: normal; font-weight: 400; }
  .cards td:first-child { font-weight: 600; }
  .cards td:first-child::before, .cards td:empty { display: none; }
  .cards td.n small { display: inline; }
  .pictures { grid-template-columns: 1fr 1fr; }
}
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { padding: 0 1px; max-width: none; font-size: 10pt; }
  h2, h3, summary, h2 + p { break-after: avoid; }
  h2 { margin-top: 18px; }
  table { font-size: 8pt; }
  td small { font-size: 7pt; }
  tr, dl div { break-inside: avoid; }
  .scroll { overflow: visible; }
  dl:not(.tiles) { columns: 2; font-size: 8pt; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); }
  .tiles dd { font-size: 13pt; }
  .charts { grid-template-columns: repeat(3, 1fr); gap: 10px 18px; }
  .pictures { grid-template-columns: repeat(8, 1fr); }
  .samples img { width: 27mm; }
  .keys { columns: 3; font-size: 8pt; }
  .keys code { font-size: 7.5pt; }
}
"""
