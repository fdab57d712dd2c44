import { inputError } from '../base/errors.ts';
import { type Head, type ModelName, partsOf, withHead } from '../networks/model-names.ts';

/** The heads that are trained one after the other, coarse to fine (Long et al. 2015, section 4.2). */
export const stageHeads = ['fcn32s', 'fcn16s', 'fcn8s'] as const satisfies readonly Head[];

/** Whether stages are some of FCN-32s, 16s and 8s, in this order. */
export function areInOrder(stages: readonly Head[]): boolean {
  const places = stages.map((head) => (stageHeads as readonly Head[]).indexOf(head));
  return places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!));
}

/**
 * The networks of the stages, of which `model` is the last.
 * @param option what the stages are called, for messages
 * @throws FcnError where there is no such network
 */
export function modelsOfStages(stages: readonly Head[], model: ModelName, option: string): ModelName[] {
  const last = stages.at(-1)!;
  if (last !== partsOf(model).head) {
    throw inputError(
      `${option}: got ${last} as the last one, expected that of the model, ${model}; name the network of the last stage`,
    );
  }
  return stages.map((head) => {
    const name = withHead(model, head);
    if (!name) throw inputError(`${option}: got ${head}, but ${model} has no such network`);
    return name;
  });
}
