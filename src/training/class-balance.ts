import { classFrequencies, medianFrequencyWeights } from '../data/datasets/class-frequencies.ts';
import type { Dataset } from '../data/datasets/dataset.ts';

/**
 * Class weights for runs that begin together: all labels of a training split are read for them, but only once, however
 * many stages train on it.
 */
export class ClassBalance {
  readonly #weights = new Map<string, Promise<number[]>>();
  readonly #onLabel: (trainSet: Dataset, done: number) => void;

  /** @param onLabel called after each label with the number of labels done */
  constructor(onLabel: (trainSet: Dataset, done: number) => void = () => {}) {
    this.#onLabel = onLabel;
  }

  /** @throws FcnError of the first label that cannot be loaded. */
  weightsFor(trainSet: Dataset): Promise<number[]> {
    const known = this.#weights.get(trainSet.name);
    if (known) return known;
    const frequencies = classFrequencies(trainSet, (done) => this.#onLabel(trainSet, done));
    const weights = frequencies.then(medianFrequencyWeights);
    this.#weights.set(trainSet.name, weights);
    return weights;
  }
}
