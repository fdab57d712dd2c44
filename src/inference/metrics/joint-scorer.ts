import type { Communicator } from '../../base/mpi/communicator.ts';
import type { Labeling } from '../../data/datasets/dataset.ts';
import type { LabelImage } from '../../data/images/image.ts';
import type { Metrics } from './metrics.ts';
import { type ImageScore, Scorer } from './scorer.ts';

/**
 * Scores images in one labeling or several, each of which has metrics of its own. Those of the first are what the others are an addition
 * to: `heads` has all of them by name.
 */
export class JointScorer {
  readonly #labelings: readonly Labeling[];
  readonly #scorers: readonly Scorer[];
  readonly #onScore: ((score: ImageScore) => void) | undefined;
  /** Of the image that is being added. */
  #ofImage: (Metrics | null)[] = [];

  /** @param onScore called with the metrics of each image; null where it has no labels in the first labeling */
  constructor(labelings: readonly Labeling[], onScore?: (score: ImageScore) => void) {
    const collect = onScore && (({ metrics }: ImageScore) => void this.#ofImage.push(metrics));
    this.#labelings = labelings;
    this.#scorers = labelings.map(({ classes }) => new Scorer(classes, collect));
    this.#onScore = onScore;
  }

  /** @param truths of each labeling, as `predictions` @throws as Scorer.add */
  add(id: string, truths: readonly LabelImage[], predictions: readonly LabelImage[]): void {
    this.#ofImage = [];
    for (const [i, scorer] of this.#scorers.entries()) scorer.add(id, truths[i]!, predictions[i]!);
    this.#onScore?.({ id, metrics: jointly(this.#labelings, this.#ofImage) });
  }

  /** As Scorer.sumOver. */
  async sumOver(world: Communicator): Promise<void> {
    for (const scorer of this.#scorers) await scorer.sumOver(world);
  }

  /** Of all images. @throws FcnError when no pixel was counted in a labeling. */
  metrics(): Metrics {
    const all = this.#scorers.map((scorer) => scorer.metrics());
    return jointly(this.#labelings, all) as Metrics;
  }
}

/** The metrics of the first labeling, with those of all under `heads` where there are several. */
export function jointly(
  labelings: readonly Labeling[],
  metrics: readonly (Metrics | null)[],
): Metrics | null {
  const [first] = metrics;
  if (!first || labelings.length === 1) return first ?? null;
  const known = labelings.flatMap(({ name }, i) => (metrics[i] ? [[name, metrics[i]] as const] : []));
  return { ...first, heads: Object.fromEntries(known) };
}
