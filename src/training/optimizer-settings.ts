import { inputError } from '../base/errors.ts';
import type { Recipe } from './recipes.ts';

/**
 * @param asked what the user chose
 * @param recipe the settings of the run, what the user chose included
 * @throws FcnError for a setting that the run's optimizer does not have.
 */
export function checkOptimizer(asked: Partial<Recipe>, { optimizer, momentum }: Recipe): void {
  if (optimizer === 'adamw' && asked.momentum !== undefined) {
    throw inputError(
      `--momentum: got ${asked.momentum} with --optimizer adamw, expected it with sgd only; use --betas`,
    );
  }
  if (optimizer === 'adamw' && asked.nesterov) {
    throw inputError('--nesterov: got --optimizer adamw with it, expected sgd; leave one of them out');
  }
  if (optimizer === 'sgd' && asked.betas) {
    throw inputError(
      `--betas: got ${asked.betas.join()} with --optimizer sgd, expected it with adamw only; use --momentum, or add ` +
        '--optimizer adamw',
    );
  }
  if (asked.nesterov && momentum === 0) {
    throw inputError(
      '--nesterov: got --momentum 0 with it, expected a momentum above 0; leave one of them out',
    );
  }
}
