import type { Metrics } from './metrics.ts';
import type { ImageScore } from './scorer.ts';

/** Metrics as plain text for the terminal: a line a class, the means under it, all in percent; of each head, where there are several. */
export function formatMetrics(metrics: Metrics): string {
  if (!metrics.heads) return tableOf(metrics);
  return Object.entries(metrics.heads)
    .map(([name, own]) => `${name}\n\n${tableOf(own)}`)
    .join('\n\n');
}

function tableOf(metrics: Metrics): string {
  const nameWidth = Math.max(...metrics.classes.map((c) => c.name.length), 'frequency weighted IoU'.length);
  const withBoundaries = metrics.meanBoundaryIoU !== undefined;
  const columns = [
    'IoU',
    'accuracy',
    'precision',
    'Dice',
    ...(withBoundaries ? ['boundary IoU'] : []),
    'pixels',
  ];
  const widthOf = (column: string) => (column === 'pixels' ? 14 : Math.max(9, column.length + 2));
  const row = (name: string, cells: Readonly<Record<string, string>>) =>
    [name.padEnd(nameWidth), ...columns.map((column) => (cells[column] ?? '').padStart(widthOf(column)))]
      .join('')
      .trimEnd();
  const rule = '-'.repeat(nameWidth + columns.reduce((sum, column) => sum + widthOf(column), 0));
  return [
    row('class', Object.fromEntries(columns.map((column) => [column, column]))),
    rule,
    ...metrics.classes.map((c) =>
      row(c.name, {
        IoU: percent(c.iou),
        accuracy: percent(c.accuracy),
        precision: percent(c.precision),
        Dice: percent(c.dice),
        'boundary IoU': percent(c.boundaryIoU ?? null),
        pixels: String(c.pixels),
      }),
    ),
    rule,
    row('mean IoU', { IoU: percent(metrics.meanIoU) }),
    row('mean accuracy', { accuracy: percent(metrics.meanAccuracy) }),
    row('pixel accuracy', { accuracy: percent(metrics.pixelAccuracy) }),
    row('frequency weighted IoU', { IoU: percent(metrics.fwIoU) }),
    row('mean Dice', { Dice: percent(metrics.meanDice) }),
    ...(withBoundaries
      ? [row('mean boundary IoU', { 'boundary IoU': percent(metrics.meanBoundaryIoU!) })]
      : []),
    row('images', { pixels: String(metrics.images) }),
    row('pixels', { pixels: String(metrics.pixels) }),
  ].join('\n');
}

/** The images of lowest mean IoU, the worst first. */
export function formatWorst(scores: readonly ImageScore[], count: number): string {
  const worst = scores
    .flatMap(({ id, metrics }) => (metrics ? [{ id, metrics }] : []))
    .sort((a, b) => a.metrics.meanIoU - b.metrics.meanIoU)
    .slice(0, count);
  const idWidth = Math.max('worst images'.length, ...worst.map(({ id }) => id.length));
  const row = (id: string, ...cells: string[]) =>
    [id.padEnd(idWidth), ...cells.map((cell) => cell.padStart(16))].join('');
  return [
    row('worst images', 'mean IoU', 'pixel accuracy'),
    '-'.repeat(idWidth + 2 * 16),
    ...worst.map(({ id, metrics }) => row(id, percent(metrics.meanIoU), percent(metrics.pixelAccuracy))),
  ].join('\n');
}

function percent(fraction: number | null): string {
  return fraction === null || Number.isNaN(fraction) ? '-' : (fraction * 100).toFixed(2);
}
