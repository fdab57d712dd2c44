import { inputError } from '../base/errors.ts';
import { isPixelLoss } from '../engine/operators/losses/sum-of-losses.ts';
import { parseObjective } from '../networks/objectives.ts';
import type { Recipe } from './recipes.ts';

/** @throws FcnError for a setting that the losses of the run do not have. */
export function checkObjective({ objective, loss, classWeighting, hardPixels }: Recipe): void {
  const names = parseObjective(objective)!.map(({ name }) => name);
  const overRegions = names.filter((name) => !isPixelLoss(name));
  if (loss === 'sum' && overRegions.length > 0) {
    throw inputError(
      `--objective: got ${objective} with summed losses, expected --loss mean: ${overRegions.join(' and ')} cannot be ` +
        'summed over pixels; add --loss mean and a learning rate that suits it',
    );
  }
  if (names.some(isPixelLoss)) return;
  const expected = 'expected one with ce, focal or sigmoid, which count pixels';
  if (classWeighting !== 'none') {
    throw inputError(
      `--objective: got ${objective} with --class-weights ${classWeighting}, ${expected}; leave one of them out`,
    );
  }
  if (hardPixels < 1) {
    throw inputError(
      `--objective: got ${objective} with --hard-pixels ${hardPixels}, ${expected}; leave one of them out`,
    );
  }
}
