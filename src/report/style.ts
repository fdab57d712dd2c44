/** Style sheet of the report: light and dark by the reader's preference, one column that fits a phone. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f6f8; --text: #1c2026; --muted: #646c78; --line: #dfe3e8;
  --series-1: #2563c9; --series-2: #c2570c; --series-3: #14865b; --series-4: #8b3fb8; --faint: #2563c955;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --panel: #1e2228; --text: #e6e9ed; --muted: #98a1ad; --line: #323942;
    --series-1: #6ea8ff; --series-2: #ff9f5a; --series-3: #4fd1a0; --series-4: #cf9bf0; --faint: #6ea8ff55;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 36px 0 12px; }
p { margin: 8px 0; }
.muted { color: var(--muted); font-size: 0.875rem; }
pre { margin: 0; padding: 10px 14px; background: var(--panel); border-radius: 8px; font-size: 0.85rem; white-space: pre-wrap; overflow-wrap: anywhere; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
.card { background: var(--panel); border-radius: 8px; padding: 12px 16px; }
.card b { display: block; font-size: 1.7rem; line-height: 1.3; font-variant-numeric: tabular-nums; }

.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
main th, main td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
main th { color: var(--muted); font-weight: 500; }
main .number { text-align: right; padding-right: 0; padding-left: 12px; font-variant-numeric: tabular-nums; }
main td.number { white-space: nowrap; }
.config td { overflow-wrap: anywhere; }
.config th { white-space: nowrap; width: 1%; padding-right: 24px; }
main td.class { white-space: nowrap; }

.swatch { display: inline-block; width: 0.85em; height: 0.85em; border: 1px solid var(--muted); border-radius: 3px; margin-right: 6px; vertical-align: -0.08em; }
main td.bar { min-width: 50px; width: 45%; vertical-align: middle; }
.bar meter { width: 100%; height: 10px; display: block; appearance: none; background: var(--line); border: 0; border-radius: 5px; overflow: hidden; }
.bar meter::-webkit-meter-bar { height: 10px; background: var(--line); border: 0; border-radius: 5px; }
.bar meter::-webkit-meter-optimum-value { background: var(--series-1); }
.bar meter::-moz-meter-bar { background: var(--series-1); }

.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 0.875rem; }
.example { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; margin: 16px 0; }
.example img { width: 100%; display: block; border-radius: 4px; }
.example .label { image-rendering: pixelated; }
.example figcaption { grid-column: 1 / -1; font-size: 0.875rem; overflow-wrap: anywhere; }

.switch { float: right; font-size: 0.875rem; color: var(--muted); }
.chart { min-height: 300px; }
main .uplot { font: inherit; }
main .u-legend { font-size: 0.8rem; }
main .u-legend th, main .u-legend td { border: 0; padding: 2px 4px; color: inherit; vertical-align: middle; }
main .u-legend td { font-variant-numeric: tabular-nums; min-width: 4.5em; }

@media (max-width: 600px) {
  h1 { font-size: 1.3rem; }
  .card { padding: 8px 12px; }
  .card b { font-size: 1.4rem; }
  table { font-size: 0.8rem; }
  main .number { padding-left: 8px; }
}
`;
