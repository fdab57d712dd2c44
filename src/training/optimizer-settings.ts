import { inputError } from '../base/errors.ts';
import type { Recipe } from './recipes.ts';

/**
 * @param asked what the user chose
 * @param recipe the settings of the run, what the user chose included
 * @throws FcnError for a setting that the run's optimizer does not have.
 */
export function checkOptimizer(asked: Partial<Recipe>, { optimizer, momentum }: Recipe): void {
  const refuse = (option: string, got: unknown, owner: string, advice: string): never => {
    throw inputError(
      `${option}: got ${got} with optimizer ${optimizer}, expected ${owner}, as ${optimizer} has none; ${advice}`,
    );
  };
  if (optimizer === 'adamw') {
    if (asked.momentum !== undefined) refuse('--momentum', asked.momentum, 'sgd', 'use --betas');
    if (asked.nesterov) refuse('--nesterov', 'it', 'sgd', 'leave it out');
  } else if (asked.betas) {
    refuse('--betas', asked.betas.join(), 'adamw', 'use --momentum or add --optimizer adamw');
  }
  if (asked.nesterov && momentum === 0) {
    throw inputError(
      '--nesterov: got --momentum 0 with it, expected a momentum above 0; leave one of them out',
    );
  }
}
