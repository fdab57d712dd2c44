import { Option } from 'commander';
import { writeOutput } from '../base/files.ts';
import { exchange } from '../base/mpi/agreement.ts';
import type { Communicator } from '../base/mpi/communicator.ts';
import type { Labeling } from '../data/datasets/dataset.ts';
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

  /**
   * @param labelings what was scored
   * @param text where the table of the worst goes
   * @param world processes that share the images, of which rank 0 writes
   */
  async finish(
    labelings: readonly Labeling[],
    text: NodeJS.WriteStream,
    world?: Communicator,
  ): Promise<void> {
    if (this.#file === undefined) return;
    const scores = world ? await scoresOfAll(world, this.#scores) : this.#scores;
    if (world && world.rank > 0) return;
    const [{ classes }, ...others] = labelings as [Labeling, ...Labeling[]];
    const ofOthers = others.flatMap((one) =>
      [...figures, ...one.classes].map((name) => `${one.name}.${name}`),
    );
    const lines = scores.map((score) => lineOf(score, labelings));
    await writeOutput(this.#file, [csvLine([...columns, ...classes, ...ofOthers]), ...lines]);
    text.write(`\n${formatWorst(scores, worstShown)}\n`);
  }
}

/** The scores of all ranks, in the order of the images, of which each rank has every so many-th. */
async function scoresOfAll(world: Communicator, own: readonly ImageScore[]): Promise<ImageScore[]> {
  const light = own.map(({ id, metrics }) => ({
    id,
    metrics: metrics && { ...metrics, confusionMatrix: [] },
  }));
  const all = await exchange<ImageScore[]>(world, light);
  return all[0]!.flatMap((_, round) => all.flatMap((ofRank) => ofRank[round] ?? []));
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

/** Behind the figures of an image, the IoU of each class; empty where there is none. Then the same of further labelings. */
function lineOf({ id, metrics }: ImageScore, labelings: readonly Labeling[]): string {
  const cells = labelings.flatMap(({ name, classes }, labeling) => {
    const own = labeling === 0 ? metrics : metrics?.heads?.[name];
    return [...figures.map((figure) => own?.[figure]), ...classes.map((_, i) => own?.classes[i]?.iou)];
  });
  return csvLine([id, ...cells.map((cell) => (typeof cell === 'number' && !Number.isNaN(cell) ? cell : ''))]);
}
