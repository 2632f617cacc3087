"""The page's look: one column on a phone, three charts a row on a desk, black on white on paper."""

CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1320px; padding: 20px 24px 48px; color: #111827; background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 36px 0 10px; border-bottom: 2px solid #111827; }
h3 { font-size: 15px; margin: 0 0 2px; }
p { margin: 6px 0; max-width: 78ch; }
.quiet, figcaption { color: #4b5563; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 14px 0; }
.tiles div { border: 1px solid #9ca3af; border-radius: 6px; padding: 8px 12px; }
.tiles dt { font-size: 13px; color: #4b5563; }
.tiles dd { margin: 0; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
.tiles small { display: block; font-size: 13px; color: #4b5563; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 20px 24px; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-size: 13px; line-height: 1.4; }
svg.chart, svg.progress { display: block; width: 100%; height: auto; }
svg text { font: 11.5px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
svg text.quiet { fill: #4b5563; }
svg .grid { stroke: #9ca3af; stroke-width: .5; stroke-opacity: .6; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; list-style: none; padding: 0; margin: 4px 0 14px;
  font-size: 13px; }
.legend svg { width: 26px; height: 14px; vertical-align: -2px; border: 1px solid #6b7280; margin-right: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #d1d5db; vertical-align: top; }
th { font-weight: 600; border-bottom-color: #111827; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
table.strip { table-layout: fixed; min-width: calc(var(--columns) * 86px);
  max-width: calc(var(--columns) * 144px); }
table.strip th, table.strip td { padding: 2px; border: 0; text-align: center; font-size: 13px; line-height: 1.25; }
table.strip th small { display: block; font-weight: 400; color: #4b5563; font-size: 10.5px; }
table.strip img { display: block; width: 100%; height: auto; }
.keys { columns: 3 330px; column-gap: 28px; font-size: 13px; padding: 0; margin: 8px 0; list-style: none; }
.keys li { break-inside: avoid; padding: 1px 0 1px 14px; text-indent: -14px; overflow-wrap: anywhere; }
.keys li.other { font-weight: 600; }
.keys li.other::before { content: "\\25B8 "; }
@media (max-width: 600px) {
  body { padding: 14px 14px 32px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles dd { font-size: 17px; }
  .audit table { font-size: 13px; }
  .audit td { padding-right: 8px; overflow-wrap: anywhere; }
}
@media print {
  @page { margin: 14mm; }
  body { padding: 0 1px; font-size: 10.5pt; }
  .charts { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table.strip { min-width: 0; }
  table.strip th small { font-size: 7pt; }
  h2 { break-after: avoid; }
  tr, .tiles div { break-inside: avoid; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); }
  .tiles dd { font-size: 13pt; }
  .keys { columns: 3; font-size: 8pt; }
  .keys code { font-size: 7.5pt; }
}
"""
