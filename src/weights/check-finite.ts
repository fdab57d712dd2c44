import { inputError } from '../base/errors.ts';
import { hasOnlyFinite } from '../base/tensor.ts';
import type { Model } from './model.ts';

/** @param what names the weights in messages @throws FcnError when a weight is not a finite number */
export function checkFinite({ weights }: Model, what: string): void {
  for (const [name, tensor] of weights) {
    if (hasOnlyFinite(tensor)) continue;
    throw inputError(
      `${what}: got a value in ${name} that is not finite, expected numbers; the weights are damaged, or their ` +
        'training diverged',
    );
  }
}
