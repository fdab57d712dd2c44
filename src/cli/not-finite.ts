import { hasOnlyFinite, type Tensor } from '../base/tensor.ts';

/** A line about tensors with values that are no finite numbers, if there are any: such weights are of no use. */
export function notFiniteIn(tensors: ReadonlyMap<string, Tensor>): string[] {
  const isFloat = (entry: [string, Tensor]): entry is [string, Tensor<'float32'>] =>
    entry[1].data instanceof Float32Array;
  const bad = [...tensors].filter(isFloat).filter(([, tensor]) => !hasOnlyFinite(tensor));
  if (bad.length === 0) return [];
  const some = bad.slice(0, 3).map(([name]) => name);
  return [
    `warning: values that are not finite in ${bad.length} of ${tensors.size} tensors: ${some.join(', ')}${bad.length > 3 ? ', ...' : ''}; ` +
      'the weights are damaged, or their training diverged',
  ];
}
