import { inputError } from '../../../src/base/errors.ts';
import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import { isLabeled } from '../../../src/library/web/training.ts';
import type { Plan } from './messages.ts';

/** @throws FcnError when there is nothing to learn from. */
export function checkSamples(samples: readonly RgbSample[], { classes }: Plan): void {
  if (samples.length === 0) {
    throw inputError('training: got no image, expected at least one; open images, or use the generated ones');
  }
  if (!samples.some(isLabeled)) throw noLabels();
  const present = new Set(samples.flatMap(({ label }) => [...new Set(label.data)]));
  const used = classes.filter((_, index) => present.has(index));
  if (used.length < 2) {
    throw inputError(
      `training: got labels of one class (${used[0]?.name}), expected at least two; paint another class as well`,
    );
  }
}

export function noLabels(): Error {
  return inputError('training: got no labeled pixel, expected some of two classes; paint on the image first');
}
