import { inputError } from '../base/errors.ts';
import { backboneOf, isNormalized } from '../networks/backbones/backbones.ts';
import type { ModelName } from '../networks/model-names.ts';
import type { Recipe } from './recipes.ts';

/**
 * @param asked what the user chose
 * @throws FcnError for a setting of layers that the network does not have.
 */
export function checkNormalization(asked: Partial<Recipe>, model: ModelName): void {
  if (asked.auxiliary !== undefined && asked.auxiliary > 0 && !backboneOf(model).auxiliary) {
    throw inputError(
      `--auxiliary: got ${asked.auxiliary} for ${model}, expected 0, because it has no auxiliary head; leave --auxiliary out`,
    );
  }
  if (asked.normalization !== undefined && !isNormalized(model)) {
    throw inputError(
      `--normalization: got ${asked.normalization} for ${model}, expected none, because it has no batch normalization; leave ` +
        '--normalization out',
    );
  }
}
