import { classFrequencies, medianFrequencyWeights } from '../data/datasets/class-frequencies.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { eachLabeling } from '../data/datasets/labelings.ts';

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

  /** Of the classes of each labeling, one after the other. @throws FcnError of the first label that cannot be loaded. */
  weightsFor(trainSet: Dataset): Promise<number[]> {
    const known = this.#weights.get(trainSet.name);
    if (known) return known;
    const weights = this.#weigh(trainSet);
    this.#weights.set(trainSet.name, weights);
    return weights;
  }

  async #weigh(trainSet: Dataset): Promise<number[]> {
    const weights: number[] = [];
    for (const one of eachLabeling(trainSet)) {
      const frequencies = await classFrequencies(one, (done) => this.#onLabel(one, done));
      weights.push(...medianFrequencyWeights(frequencies));
    }
    return weights;
  }
}
