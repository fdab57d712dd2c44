import { Option } from 'commander';
import { writeFileAtomic } from '../base/files.ts';
import type { ImageScore } from '../inference/metrics/scorer.ts';
import { formatWorst } from '../inference/metrics/table.ts';
import { csvLine } from '../training/csv.ts';
import { isCsv } from './earlier-results.ts';
import type { Output } from './outputs.ts';

/** Lines of the table of the worst images. */
const worstShown = 10;

export function perImageOption(): Option {
  return new Option(
    '--per-image <FILE>',
    'write the metrics of each image as CSV, and print the worst images',
  );
}

/** The metrics of each image: all in a CSV file, the worst as text. */
export class PerImage {
  readonly #file: string | undefined;
  readonly #scores: ImageScore[] = [];

  /** @param file undefined where nothing is wanted */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Called with each image. */
  get onScore(): ((score: ImageScore) => void) | undefined {
    return this.#file === undefined ? undefined : (score) => this.#scores.push(score);
  }

  /** @param text where the table of the worst goes */
  async finish(classes: readonly string[], text: NodeJS.WriteStream): Promise<void> {
    if (this.#file === undefined) return;
    const lines = this.#scores.map((score) => lineOf(score, classes));
    await writeFileAtomic(this.#file, [csvLine([...columns, ...classes]), ...lines]);
    text.write(`\n${formatWorst(this.#scores, worstShown)}\n`);
  }
}

const figures = [
  ...(['pixels', 'pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU', 'meanDice'] as const),
  'meanBoundaryIoU',
] as const;

/** Those that stand before the classes. */
const columns = ['id', ...figures];

/** What `--per-image` is going to write. */
export function perImageOutput(file: string | undefined): Output {
  return { option: '--per-image', file, isEarlier: isCsv(columns.join(',')) };
}

/** Behind the figures of an image, the IoU of each class; empty where there is none. */
function lineOf({ id, metrics }: ImageScore, classes: readonly string[]): string {
  const cells = [
    ...figures.map((name) => metrics?.[name]),
    ...classes.map((_, i) => metrics?.classes[i]?.iou),
  ];
  return csvLine([id, ...cells.map((cell) => (typeof cell === 'number' && !Number.isNaN(cell) ? cell : ''))]);
}
