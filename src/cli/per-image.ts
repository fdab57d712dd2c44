import { Option } from 'commander';
import { writeFileAtomic } from '../base/files.ts';
import type { ImageScore } from '../inference/metrics/scorer.ts';
import { formatWorst } from '../inference/metrics/table.ts';
import { csvLine } from '../training/csv-log.ts';

/** Lines of the table of the worst images. */
const worstShown = 10;

export function perImageOption(): Option {
  return new Option(
    '--per-image <FILE>',
    'write the metrics of each image as CSV, and print the worst images',
  );
}

/** The metrics of each image: all in a CSV file, the worst on standard output. */
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

  /** @param shown whether the worst images are printed */
  async finish(classes: readonly string[], { shown }: { readonly shown: boolean }): Promise<void> {
    if (this.#file === undefined) return;
    const lines = this.#scores.map((score) => lineOf(score, classes));
    await writeFileAtomic(this.#file, [csvLine(['id', ...figures, ...classes]), ...lines]);
    if (shown) process.stdout.write(`\n${formatWorst(this.#scores, worstShown)}\n`);
  }
}

const figures = [
  ...(['pixels', 'pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU', 'meanDice'] as const),
  'meanBoundaryIoU',
] as const;

/** Behind the figures of an image, the IoU of each class; empty where there is none. */
function lineOf({ id, metrics }: ImageScore, classes: readonly string[]): string {
  const cells = [
    ...figures.map((name) => metrics?.[name]),
    ...classes.map((_, i) => metrics?.classes[i]?.iou),
  ];
  return csvLine([id, ...cells.map((cell) => (typeof cell === 'number' && !Number.isNaN(cell) ? cell : ''))]);
}
