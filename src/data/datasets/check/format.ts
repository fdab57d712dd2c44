import { counted } from '../../../base/counted.ts';
import type { DatasetCheck, Range, SplitCheck } from './check-dataset.ts';

/** Lines of one kind that are shown; the JSON has all. */
const shown = 20;

/** A check as plain text for the terminal. */
export function formatCheck({ data, splits }: DatasetCheck): string {
  const parts = Object.entries(splits).map(([split, check]) => `${data} ${split}\n${formatSplit(check)}`);
  return parts.join('\n\n');
}

function formatSplit(check: SplitCheck): string {
  const { images, classes, otherLabelings = {}, voidShare, height, width, problems, suggestions } = check;
  const all = [...classes, ...Object.values(otherLabelings).flat()];
  const nameWidth = Math.max('images'.length, ...all.map(({ name }) => name.length));
  const row = (name: string, ...cells: string[]) =>
    [name.padEnd(nameWidth), ...cells.map((cell) => cell.padStart(12))].join('').trimEnd();
  const section = (title: string, lines: string[]) => {
    if (lines.length === 0) return [];
    const more =
      lines.length > shown ? [`  ... and ${lines.length - shown} more (--json FILE lists all)`] : [];
    return [title, ...lines.slice(0, shown).map((line) => `  ${line}`), ...more];
  };
  const table = (of: SplitCheck['classes']) =>
    of.map(({ name, pixels, share, images: n }) => row(name, `${pixels}`, percent(share), `${n}`));
  return [
    `${counted(images, 'image')}, height ${formatRange(height)}, width ${formatRange(width)}, ${percent(voidShare)} void`,
    row('class', 'pixels', 'share', 'images'),
    ...table(classes),
    ...Object.entries(otherLabelings).flatMap(([name, of]) => [row(`${name}:`), ...table(of)]),
    ...section(
      'problems',
      problems.map(({ severity, message }) => `${severity}: ${message}`),
    ),
    ...section('suggestions', [...suggestions]),
  ].join('\n');
}

function formatRange(range: Range | null): string {
  return range ? `${range.min}/${range.median}/${range.max}` : '-';
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(2)} %`;
}
