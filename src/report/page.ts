import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { curvesOf } from './curves.ts';
import { gallery } from './gallery.ts';
import { Html, html, jsonData } from './html.ts';
import type { ReportInput } from './report-input.ts';
import { reportScript } from './script.ts';
import { reportStyle } from './style.ts';
import { classTable, configTable, metricCards, stageTable } from './tables.ts';

/** A training run as one HTML file that opens from the disk: everything is inside, nothing is loaded from elsewhere. */
export function renderReport(run: ReportInput): string {
  const { title, command, config, classes, stages, metrics, examples } = run;
  const curves = curvesOf(stages);
  // The policy lets the browser prove that nothing is fetched.
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(readUplot('dist/uPlot.min.css') + reportStyle)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<pre><code>${command}</code></pre>
${metrics ? metricCards(metrics) : ''}
${stages.length > 0 ? section('Training', stageTable(stages)) : ''}
${curves.loss.iteration.length > 0 ? section('Loss', lossChart) : ''}
${curves.validation.iteration.length > 0 ? section('Validation', validationChart) : ''}
${metrics ? section('Classes', classTable(metrics.classes)) : ''}
${examples.length > 0 ? section('Examples', gallery(examples, classes)) : ''}
${Object.keys(config).length > 0 ? section('Settings', configTable(config)) : ''}
</main>
${jsonData('curves', curves)}
<script>${new Html(uplotScript())}</script>
<script>${new Html(reportScript)}</script>
</body>
</html>
`;
  return page.text;
}

function section(heading: string, content: Html): Html {
  return html`<section><h2>${heading}</h2>${content}</section>`;
}

const lossChart = html`
  <label class="switch"><input type="checkbox" id="logarithmic"> logarithmic</label>
  <div class="chart" id="loss"></div>
  <noscript>The curve needs JavaScript; its numbers are in log.csv.</noscript>`;

const validationChart = html`
  <div class="chart" id="validation"></div>
  <noscript>The curves need JavaScript; their numbers are in val.csv.</noscript>`;

/** uPlot under its license; the comment it begins with, an address, gives way to that. */
function uplotScript(): string {
  const script = readUplot('dist/uPlot.iife.min.js').replace(/^\/\*!.*?\*\//s, '');
  return `/* uPlot\n${readUplot('LICENSE')}\n*/${script}`;
}

function readUplot(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/${file}`), 'utf8');
}
