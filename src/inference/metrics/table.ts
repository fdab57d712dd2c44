import type { Metrics } from './metrics.ts';

/** Metrics as plain text for the terminal: a line a class, the four metrics under it, all in percent. */
export function formatMetrics(metrics: Metrics): string {
  const nameWidth = Math.max(...metrics.classes.map((c) => c.name.length), 'frequency weighted IoU'.length);
  const row = (name: string, ...cells: string[]) =>
    [name.padEnd(nameWidth), ...cells.map((cell, i) => cell.padStart(i < 2 ? 9 : 14))].join('').trimEnd();
  const rule = '-'.repeat(nameWidth + 9 + 9 + 14);
  return [
    row('class', 'IoU', 'accuracy', 'pixels'),
    rule,
    ...metrics.classes.map((c) => row(c.name, percent(c.iou), percent(c.accuracy), String(c.pixels))),
    rule,
    row('mean IoU', percent(metrics.meanIoU)),
    row('mean accuracy', '', percent(metrics.meanAccuracy)),
    row('pixel accuracy', '', percent(metrics.pixelAccuracy)),
    row('frequency weighted IoU', percent(metrics.fwIoU)),
    row('images', '', '', String(metrics.images)),
    row('pixels', '', '', String(metrics.pixels)),
  ].join('\n');
}

function percent(fraction: number | null): string {
  return fraction === null ? '-' : (fraction * 100).toFixed(2);
}
