#pragma once

#include <string_view>

namespace coldpress {

// The look of the page: one column on a phone, two on a desk; light or dark as the
// reader has it. What was saved or could be freed is hatched, so that it is told apart
// without colour, too.
inline constexpr std::string_view k_report_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f7f6f3; --card: #ffffff; --ink: #1c2029; --soft: #5b6270; --rule: #e2dfd8;
  --packed: #1d6a86; --plain: #d98324; --plain-soft: #f3d5ae; --saved: #5f9c7a;
  --alarm: #b3372b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12141a; --card: #1a1d25; --ink: #e9e7e2; --soft: #a0a6b3; --rule: #2d323d;
    --packed: #4fa9c9; --plain: #e39a45; --plain-soft: #5f4526; --saved: #6fb890;
    --alarm: #ff8a7a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
    "DejaVu Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
header { margin-bottom: 28px; }
.eyebrow {
  margin: 0; color: var(--soft); font-size: 13px; letter-spacing: .08em;
  text-transform: uppercase;
}
h1 {
  margin: 6px 0 4px; font-size: clamp(22px, 4vw, 32px); line-height: 1.2;
  font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere;
}
header p:last-child { margin: 0; color: var(--soft); }
h2 { margin: 0 0 4px; font-size: 17px; font-weight: 650; line-height: 1.3; }
.says { margin: 0 0 16px; color: var(--soft); max-width: 68ch; overflow-wrap: anywhere; }
.tiles {
  display: grid; gap: 1px; margin: 0 0 24px; padding: 0; background: var(--rule);
  border: 1px solid var(--rule); border-radius: 10px; overflow: hidden;
  grid-template-columns: repeat(4, minmax(0, 1fr));
}
.tiles div { padding: 18px 20px; background: var(--card); }
.tiles dt { color: var(--soft); font-size: 14px; }
.tiles dd { margin: 2px 0 0; font-size: 14px; color: var(--soft); }
.tiles dd.big {
  font-size: 27px; line-height: 1.2; font-weight: 650; letter-spacing: -.015em;
  color: var(--ink);
}
.tiles .alarm dd.big { color: var(--alarm); }
.grid { display: grid; gap: 24px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
section {
  padding: 22px 24px; background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px; min-width: 0;
}
.full { grid-column: 1 / -1; }
section:not(.full) .opt { display: none; }
svg { display: block; overflow: visible; }
svg svg { overflow: hidden; }
svg text { font-size: 13px; fill: var(--ink); }
svg .tick {
  font-size: 12px; fill: var(--soft);
  paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round;
}
svg .value { font-weight: 600; }
svg .narrow { display: none; }
svg .grid { stroke: var(--rule); }
svg .axis { stroke: var(--soft); }
svg .mean { stroke: var(--ink); stroke-dasharray: 5 4; stroke-width: 1.5; }
rect.packed { fill: var(--packed); }
rect.plain { fill: var(--plain); }
rect.saved { fill: url(#hatch-saved); stroke: var(--saved); stroke-width: 1; }
rect.now { fill: url(#hatch-now); stroke: var(--plain); stroke-width: 1; }
rect.later { fill: var(--plain-soft); }
polyline { fill: none; stroke-width: 2.5; vector-effect: non-scaling-stroke; }
polyline.mean { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; }
polyline.asis { stroke: var(--plain); }
polyline.compressed { stroke: var(--packed); stroke-dasharray: 9 4; }
circle { stroke: var(--card); stroke-width: 2; }
circle.asis { fill: var(--plain); }
circle.compressed { fill: var(--packed); }
pattern path { stroke-width: 2; fill: none; }
#hatch-saved path { stroke: var(--saved); }
#hatch-now path { stroke: var(--plain); }
.legend {
  display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 14px 0 0; padding: 0;
  list-style: none; font-size: 14px; color: var(--soft);
}
.legend li { display: flex; align-items: center; gap: 8px; }
.legend svg { flex: none; }
.legend.list { display: block; }
.legend.list li { padding: 5px 0; border-top: 1px solid var(--rule); }
.legend.list li:first-child { border-top: 0; }
.legend.list b { margin-left: auto; white-space: nowrap; }
.legend b { color: var(--ink); font-weight: 600; }
details { margin-top: 14px; font-size: 14px; }
summary { cursor: pointer; color: var(--soft); }
summary:focus-visible { outline: 2px solid var(--packed); outline-offset: 3px; }
table { width: 100%; margin-top: 10px; border-collapse: collapse; font-size: 14px; }
th, td {
  padding: 6px 0 6px 16px; border-top: 1px solid var(--rule); text-align: left;
  vertical-align: top; font-weight: 400;
}
th:first-child { padding-left: 0; }
th.name { white-space: nowrap; }
thead th { border-top: 0; color: var(--soft); font-size: 13px; white-space: nowrap; }
.num { text-align: right; white-space: nowrap; }
.path { overflow-wrap: anywhere; }
footer { margin-top: 28px; color: var(--soft); font-size: 14px; max-width: 76ch; }
footer p { margin: 0 0 8px; }
@media (max-width: 860px) {
  .grid { grid-template-columns: minmax(0, 1fr); }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 560px) {
  main { padding: 24px 14px 48px; }
  section { padding: 18px 12px; }
  .tiles div { padding: 14px 16px; }
  .tiles dd.big { font-size: 22px; }
  .opt { display: none; }
  th.name { white-space: normal; overflow-wrap: anywhere; }
  th, td { padding-left: 8px; font-size: 13px; }
  svg .wide { display: none; }
  svg .tick { font-size: 11px; }
  svg .narrow { display: inline; }
}
@media print {
  body { background: none; }
  section, .tiles { break-inside: avoid; }
}
)css";

} // namespace coldpress
