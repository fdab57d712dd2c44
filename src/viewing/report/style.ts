/** Style sheet of the report: light and dark by the reader's preference, always light on paper, one column on a phone. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f7f9; --text: #1b1f24; --muted: #5d6670; --line: #e2e5ea;
  --accent: #0b66c3;
  --run-1: #0b66c3; --run-2: #b4530a; --run-3: #14785a; --run-4: #8a3fb0;
  --run-1-faint: #0b66c340; --run-2-faint: #b4530a40; --run-3-faint: #14785a40; --run-4-faint: #8a3fb040;
  --quiet-1: #6b7480; --quiet-2: #8c95a1;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --panel: #1c2026; --text: #e5e8ec; --muted: #9aa4b0; --line: #2d333b;
    --accent: #6cb0ff;
    --run-1: #6cb0ff; --run-2: #f0a05c; --run-3: #55cfa3; --run-4: #cc9cf0;
    --run-1-faint: #6cb0ff40; --run-2-faint: #f0a05c40; --run-3-faint: #55cfa340; --run-4-faint: #cc9cf040;
    --quiet-1: #a9b3bf; --quiet-2: #7d8793;
  }
}
@media print { :root { color-scheme: light; } }

* { box-sizing: border-box; }
html { scroll-padding-top: 64px; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; font-variant-numeric: tabular-nums;
}
header, main { max-width: 1040px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 40px; }
main { padding-bottom: 80px; outline: 0; }
h1 { font-size: 1.75rem; font-weight: 650; letter-spacing: -0.015em; line-height: 1.2; margin: 0 0 20px; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.3rem; font-weight: 620; letter-spacing: -0.01em; margin: 0 0 20px; }
h3 { font-size: 1rem; font-weight: 600; margin: 32px 0 10px; overflow-wrap: anywhere; }
h2 + h3, h2 + .heading { margin-top: 0; }
.heading { margin: 32px 0 10px; }
.heading h3 { margin: 0; }
h2 + .heading { margin-top: 0; }
h4 { font-size: 0.875rem; font-weight: 600; margin: 20px 0 6px; }
p { margin: 8px 0; max-width: 70ch; overflow-wrap: anywhere; }
main > section { padding: 40px 0 0; margin: 0 0 8px; }
main > section + section { border-top: 1px solid var(--line); margin-top: 40px; }
.muted, caption, .eyebrow { color: var(--muted); font-size: 0.875rem; }
.eyebrow { margin: 0 0 4px; }
.hidden, .skip:not(:focus) {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip:focus { position: fixed; top: 8px; left: 8px; z-index: 2; background: var(--ground); padding: 8px 14px; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

nav { display: flex; flex-wrap: wrap; gap: 6px 22px; font-size: 0.9rem; }
nav a { color: var(--muted); text-decoration: none; padding: 4px 0; }
nav a:hover { color: var(--accent); text-decoration: underline; text-underline-offset: 4px; }

dl, dd { margin: 0; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.cards > div { background: var(--ground); padding: 16px 18px; }
.cards dt { color: var(--muted); font-size: 0.85rem; }
.cards dd { font-size: 1.75rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.3; }
.cards > div:first-child dd { color: var(--accent); }
.facts { display: grid; grid-template-columns: repeat(2, 1fr); column-gap: 48px; margin-top: 24px; }
.facts > div { display: grid; grid-template-columns: 130px 1fr; gap: 12px; padding: 7px 0; border-bottom: 1px solid var(--line); font-size: 0.9rem; }
.facts dt { color: var(--muted); }
.facts dd { overflow-wrap: anywhere; }

.wide { overflow-x: auto; position: relative; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; padding: 0 0 8px; }
main th, main td { text-align: left; padding: 7px 16px 7px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
main thead th { color: var(--muted); font-size: 0.85rem; vertical-align: bottom; }
main .number { text-align: right; padding-right: 0; padding-left: 16px; white-space: nowrap; }
main thead .number { white-space: normal; }
section .wide + .wide, .facts + .wide { margin-top: 28px; }
.comparison th[scope=col] { color: var(--text); font-weight: 600; overflow-wrap: anywhere; }
.comparison th[scope=row] { color: var(--muted); white-space: nowrap; }
.comparison td { min-width: 130px; overflow-wrap: anywhere; }
.comparison .score { font-size: 1.1rem; }
.comparison .score strong { color: var(--accent); font-weight: 650; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
.classes button { font: inherit; color: inherit; background: none; border: 0; padding: 4px 0; cursor: pointer; white-space: normal; text-align: inherit; }
.classes button:hover { color: var(--accent); }
.classes button::after { content: " ↕"; opacity: 0.35; }
.classes [aria-sort] button { color: var(--accent); font-weight: 600; }
.classes [aria-sort=ascending] button::after { content: " ↑"; opacity: 1; }
.classes [aria-sort=descending] button::after { content: " ↓"; opacity: 1; }
.classes .class { white-space: nowrap; }
.classes .iou { width: 40%; }
.classes .iou > div { display: flex; align-items: center; gap: 12px; }
.classes .iou > div > span:last-child { min-width: 4em; }
.bar { flex: 1; height: 8px; min-width: 40px; background: var(--line); border-radius: 4px; overflow: hidden; }
.bar > span { display: block; height: 100%; border-radius: 4px; }
.swatch { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 3px; margin-right: 8px; box-shadow: inset 0 0 0 1px #8886; vertical-align: -0.04em; flex: none; }

.heading { display: flex; align-items: baseline; justify-content: space-between; }
.switch { font-size: 0.875rem; color: var(--muted); cursor: pointer; accent-color: var(--accent); }
.chart { min-height: 250px; border-radius: 4px; }
main .uplot { font: inherit; line-height: 1.5; }
main .u-legend { font-size: 0.8rem; text-align: left; margin: 4px 0 0; }
main .u-legend th, main .u-legend td { border: 0; padding: 1px 4px; color: inherit; vertical-align: middle; font-size: inherit; font-weight: 400; }
main .u-legend .u-value { min-width: 4.5em; padding-right: 14px; }
main .u-legend .u-marker { width: 18px; height: 0; border-width: 3px 0 0 !important; }
main .u-select { background: color-mix(in srgb, var(--accent) 15%, transparent); }

.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 32px; }
figure { margin: 0; min-width: 0; }
.confusion h3 { margin-top: 0; }
.alone h3 { display: none; }
.alone .confusion { max-width: 760px; }
.heat { table-layout: fixed; border-collapse: separate; border-spacing: 1px; font-size: 0.75rem; width: 100%; }
main .heat th, main .heat td { border: 0; padding: 0; }
main .heat th[scope=row] { width: 150px; padding-right: 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--text); font-size: 0.8rem; }
main .heat th[scope=col] { text-align: center; }
main .heat th[scope=col] .swatch { margin: 0 0 4px; }
main .heat .corner { width: 150px; color: var(--muted); font-size: 0.7rem; vertical-align: bottom; padding: 0 0 4px; }
main .heat tbody td {
  --mix: color-mix(in srgb, var(--accent) var(--strength), var(--panel));
  background: var(--mix); text-align: center; cursor: crosshair; height: 22px; border-radius: 2px; min-width: 6px;
}
main .heat tbody td { color: #000000; }
main .heat td.strongest { color: #ffffff; }
@media screen and (prefers-color-scheme: dark) {
  main .heat tbody td { color: #ffffff; }
  main .heat td.strong { color: #000000; }
}
.heat tbody td:hover { box-shadow: 0 0 0 2px var(--text); }
.heat tbody td:focus-visible { outline-offset: 0; outline-color: var(--text); }
.said { display: block; min-height: 3.2em; padding: 10px 0 0; font-size: 0.9rem; overflow-wrap: anywhere; }
.mistakes ol { margin: 0; padding-left: 1.4em; font-size: 0.9rem; }

.controls {
  position: sticky; top: 0; z-index: 1; background: var(--ground); display: flex; flex-wrap: wrap; align-items: center;
  gap: 6px 14px; padding: 10px 0; border-bottom: 1px solid var(--line); font-size: 0.875rem;
}
.controls label { color: var(--muted); }
.controls input { accent-color: var(--accent); width: 180px; height: 24px; margin: 0; }
.controls output { min-width: 3.5em; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 0; padding: 0; width: 100%; max-height: 5.2em; overflow-y: auto; }
.examples { display: grid; gap: 24px; }
.example figcaption { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; font-size: 0.9rem; margin-bottom: 6px; overflow-wrap: anywhere; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 1fr)); gap: 10px; }
.panel { min-width: 0; }
.panel .muted { font-size: 0.8rem; overflow-wrap: anywhere; }
.picture { display: block; position: relative; border-radius: 6px; overflow: hidden; background: var(--panel); }
.picture img { display: block; width: 100%; height: auto; }
.picture .over { position: absolute; inset: 0; height: 100%; opacity: var(--opacity); image-rendering: pixelated; }

.code { position: relative; margin: 8px 0 16px; }
pre { margin: 0; padding: 14px 84px 14px 16px; background: var(--panel); border-radius: 8px; font: 0.85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 60vh; overflow-y: auto; }
.copy { position: absolute; top: 8px; right: 8px; font: inherit; font-size: 0.8rem; color: var(--text); background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px; cursor: pointer; }
.copy:hover { border-color: var(--accent); color: var(--accent); }
details { margin: 12px 0; }
summary { cursor: pointer; font-size: 0.9rem; color: var(--muted); padding: 4px 0; width: fit-content; }
summary:hover { color: var(--accent); }
.config th { white-space: nowrap; width: 1%; padding-right: 24px; color: var(--muted); }
.config td { overflow-wrap: anywhere; }

@media (max-width: 700px) {
  header { padding-top: 24px; }
  header, main { padding-left: 16px; padding-right: 16px; }
  h1 { font-size: 1.4rem; }
  .cards { grid-template-columns: 1fr 1fr; }
  .cards > div { padding: 12px 14px; }
  .cards dd { font-size: 1.45rem; }
  .facts { grid-template-columns: 1fr; }
  .facts > div { grid-template-columns: 110px 1fr; }
  main > section { padding-top: 28px; }
  main > section + section { margin-top: 28px; }
  .classes .class { white-space: normal; }
  .classes .iou { width: auto; }
  .classes .bar { display: none; }
  .classes .iou > div { display: block; position: relative; padding-bottom: 6px; }
  .classes .iou > div > .bar { display: block; position: absolute; left: 0; right: 0; bottom: 0; height: 4px; min-width: 0; }
  main th, main td { padding-right: 10px; }
  .classes, .comparison { font-size: 0.8rem; }
  .classes th:not([aria-sort]) button::after { content: none; }
  .comparison th[scope=row] { white-space: normal; min-width: 84px; }
  .comparison td { min-width: 90px; }
  .comparison .score { font-size: 0.95rem; }
  main .number { padding-left: 8px; }
  main .heat th[scope=row], main .heat .corner { width: 84px; }
  main .heat tbody td { height: 18px; font-size: 0; }
  .panels { grid-template-columns: 1fr 1fr; }
  .legend { max-height: 3.6em; }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
  .picture .over { transition: opacity 0.12s; }
  .bar > span { transition: width 0.2s; }
}
@media print {
  @page { margin: 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  header, main { max-width: none; padding: 0; }
  nav, .copy, .switch, .controls label, .controls input, .controls output, .skip, .said { display: none; }
  .controls { position: static; }
  .wide { overflow: visible; }
  pre { max-height: none; padding-right: 16px; }
  .legend { max-height: none; }
  .uplot, .u-wrap { width: 100% !important; height: auto !important; }
  .u-wrap canvas { height: auto !important; }
  .u-over, .u-under { display: none; }
  #repeat details:first-of-type::details-content { content-visibility: visible; }
  main > section + section { border: 0; margin-top: 10px; }
  h2, h3, caption { break-after: avoid; }
  .example, .confusion, .chart, tr, .cards { break-inside: avoid; }
}
`;
