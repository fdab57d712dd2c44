import type { Communicator } from '../../base/mpi/communicator.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { BoundaryCounts } from './boundary-counts.ts';
import { ConfusionMatrix } from './confusion-matrix.ts';
import { type Metrics, metricsOf } from './metrics.ts';

/** The metrics of one image; null where all of its pixels are void. */
export interface ImageScore {
  readonly id: string;
  readonly metrics: Metrics | null;
}

/** Scores images one after the other, and all of them together. */
export class Scorer {
  readonly #classes: readonly string[];
  readonly #onScore: ((score: ImageScore) => void) | undefined;
  readonly #matrix: ConfusionMatrix;
  readonly #boundaries: BoundaryCounts;

  /** @param onScore called with the metrics of each image */
  constructor(classes: readonly string[], onScore?: (score: ImageScore) => void) {
    this.#classes = classes;
    this.#onScore = onScore;
    this.#matrix = new ConfusionMatrix(classes.length);
    this.#boundaries = new BoundaryCounts(classes.length);
  }

  /** @throws FcnError when the sizes differ or a value is no class. */
  add(id: string, truth: LabelImage, prediction: LabelImage): void {
    const matrix = new ConfusionMatrix(this.#classes.length);
    const boundaries = new BoundaryCounts(this.#classes.length);
    matrix.add(truth.data, prediction.data);
    boundaries.add(truth, prediction);
    this.#matrix.merge(matrix);
    this.#boundaries.merge(boundaries);
    const isLabeled = matrix.counts.some((pixels) => pixels > 0);
    this.#onScore?.({ id, metrics: isLabeled ? metricsOf(matrix, this.#classes, boundaries) : null });
  }

  /** Adds what the other processes have counted, each of which calls this. */
  async sumOver(world: Communicator): Promise<void> {
    const { truth, predicted, both } = this.#boundaries;
    const parts = [this.#matrix.counts, truth, predicted, both];
    const length = parts.reduce((total, part) => total + part.length, 1);
    const all = new Float64Array(new ArrayBuffer(8 * length));
    let end = 0;
    for (const part of [[this.#matrix.images], ...parts]) {
      all.set(part, end);
      end += part.length;
    }
    await world.sum(all);
    this.#matrix.images = all[0]!;
    end = 1;
    for (const part of parts) {
      part.set(all.subarray(end, end + part.length));
      end += part.length;
    }
  }

  /** Of all images. @throws FcnError when no pixel was counted. */
  metrics(): Metrics {
    return metricsOf(this.#matrix, this.#classes, this.#boundaries);
  }
}
