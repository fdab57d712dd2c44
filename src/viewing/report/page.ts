import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createChartLines } from './client/chart-lines.ts';
import { createChartReading } from './client/chart-reading.ts';
import { createCharts } from './client/charts.ts';
import { createClassTable } from './client/classes.ts';
import { createConfusion } from './client/confusion.ts';
import { createElements } from './client/elements.ts';
import { createGallery } from './client/gallery.ts';
import { startReport } from './client/main.ts';
import { createOverview } from './client/overview.ts';
import { createPlots } from './client/plots.ts';
import { createSettings } from './client/settings.ts';
import { createValidationTable } from './client/validation-table.ts';
import { Html, html, jsonData } from './html.ts';
import type { ReportData } from './report-data.ts';
import { reportStyle } from './style.ts';

/** For a page that is served and lives on: its own style and script, which may ask its own server. */
export interface PageExtras {
  readonly style?: string;
  readonly script?: string;
}

/** A report as one HTML file that opens from the disk: everything is inside, nothing is loaded from elsewhere. */
export function renderReport(data: ReportData, extras?: PageExtras): string {
  const sections = ['overview', 'curves', 'classes', 'confusion', 'gallery', 'repeat'];
  const served = extras ? "; connect-src 'self'" : '';
  const images = extras ? "data: 'self'" : 'data:';
  // The policy lets the browser prove that nothing is fetched.
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src ${new Html(images)}; style-src 'unsafe-inline'; script-src 'unsafe-inline'${new Html(served)}">
<title>${data.title}</title>
<link rel="icon" href="data:,">
<style>${new Html(readUplot('dist/uPlot.min.css') + reportStyle + (extras?.style ?? ''))}</style>
</head>
<body>
<a class="skip" href="#report">To the content</a>
<header><p class="eyebrow">Training report</p><h1>${data.title}</h1><nav aria-label="Sections"></nav></header>
<main id="report" tabindex="-1">
${sections.map((id) => html`<section id="${id}" hidden></section>`)}
<noscript>This report needs JavaScript, which is turned off in this browser.</noscript>
</main>
${jsonData('report-data', data)}
<script>${new Html(uplotScript())}</script>
<script>${new Html(clientScript())}</script>
${extras?.script ? html`<script>${new Html(extras.script)}</script>` : ''}
</body>
</html>
`;
  return page.text;
}

/**
 * The script of the page. Its functions are sent as they are: they use nothing but what they are given and the browser,
 * so no bundler is needed to put them together.
 */
function clientScript(): string {
  const parts = {
    createElements,
    createOverview,
    createChartLines,
    createPlots,
    createChartReading,
    createValidationTable,
    createCharts,
    createClassTable,
    createConfusion,
    createGallery,
    createSettings,
  };
  const sources = Object.entries(parts).map(([name, part]) => `${name}: ${part}`);
  return `'use strict';\n(${startReport})({${sources.join(',\n')}}, uPlot);`;
}

/** uPlot under its license; the comment it begins with, an address, gives way to that. */
function uplotScript(): string {
  const script = readUplot('dist/uPlot.iife.min.js').replace(/^\/\*!.*?\*\//s, '');
  return `/* uPlot\n${readUplot('LICENSE')}\n*/${script}`;
}

function readUplot(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/${file}`), 'utf8');
}
