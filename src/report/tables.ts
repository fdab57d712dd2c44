import type { ClassMetrics, Metrics } from '../metrics/metrics.ts';
import { swatch } from './gallery.ts';
import { type Html, html } from './html.ts';
import type { Stage } from './report-input.ts';

/** The four metrics, large. */
export function metricCards(metrics: Metrics): Html {
  const card = (name: string, value: number) =>
    html`<div class="card"><b>${percent(value)}</b><span class="muted">${name}</span></div>`;
  return html`
    <div class="cards">
      ${card('mean IoU', metrics.meanIoU)}${card('pixel accuracy', metrics.pixelAccuracy)}
      ${card('mean accuracy', metrics.meanAccuracy)}${card('frequency weighted IoU', metrics.fwIoU)}
    </div>
    <p class="muted">${count(metrics.pixels)} pixels of ${count(metrics.images)} ${metrics.images === 1 ? 'image' : 'images'}</p>`;
}

/** What each stage was and came to. */
export function stageTable(stages: Stage[]): Html {
  const row = ({ name, log, validations }: Stage) => {
    const first = log[0];
    const last = log.at(-1);
    const best = validations.length > 0 ? Math.max(...validations.map((v) => v.meanIoU)) : null;
    const rates = [...new Set([first?.learningRate, last?.learningRate])].filter(
      (rate) => rate !== undefined,
    );
    return html`
      <tr><td>${name}</td><td class="number">${count(last?.iteration ?? 0)}</td>
      <td class="number">${rates.map((rate) => Number(rate.toPrecision(3)).toExponential()).join(' to ')}</td>
      <td class="number">${percent(best)}</td><td class="number">${duration(last?.elapsedSeconds ?? 0)}</td></tr>`;
  };
  return html`
    <div class="wide"><table>
      <tr><th>stage</th><th class="number">iterations</th><th class="number">learning rate</th>
      <th class="number">best mean IoU</th><th class="number">time</th></tr>
      ${stages.map(row)}
    </table></div>`;
}

/** IoU, accuracy and size of each class. */
export function classTable(classes: ClassMetrics[]): Html {
  const row = ({ name, iou, accuracy, pixels }: ClassMetrics, label: number) => html`
    <tr><td class="class">${swatch(label)}${name}</td>
    <td class="bar">${iou === null ? '' : html`<meter min="0" max="1" value="${iou}"></meter>`}</td>
    <td class="number">${percent(iou)}</td><td class="number">${percent(accuracy)}</td>
    <td class="number">${count(pixels)}</td></tr>`;
  return html`
    <div class="wide"><table>
      <tr><th>class</th><th></th><th class="number">IoU</th><th class="number">accuracy</th><th class="number">pixels</th></tr>
      ${classes.map(row)}
    </table></div>`;
}

/** Settings by name; those inside an object are named `outer.inner`. */
export function configTable(config: Record<string, unknown>): Html {
  const row = ([name, value]: [string, unknown]) =>
    html`<tr><th>${name}</th><td>${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}</td></tr>`;
  return html`<table class="config">${flatten(config).map(row)}</table>`;
}

function flatten(config: Record<string, unknown>, prefix = ''): [string, unknown][] {
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isGroup ? flatten(value as Record<string, unknown>, `${prefix}${key}.`) : [[prefix + key, value]];
  });
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${(fraction * 100).toFixed(1)} %`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
