import type { Tensor } from '../base/tensor.ts';
import { initializeParameter } from '../engine/parameters/initialize.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import { unknownClass } from './infer-config.ts';
import type { Classes, PlaceInSource } from './transplant-heads.ts';

/**
 * The weights of a score layer or a deconvolution for other classes: those of the classes that both have, by name, or by number where
 * one of them has no names; the rest as in a new network (expand_score of surgery.py in the reference implementation, which goes by
 * number).
 * @returns undefined where no class is in both, or the kernels differ
 */
export function expandClasses(
  parameter: Parameter,
  tensor: Tensor<'float32'>,
  source: PlaceInSource['source'],
  target: Classes,
  seed: number,
): { tensor: Tensor<'float32'>; reason: string } | undefined {
  const { numClasses } = target;
  const pairs = Array.from(
    { length: numClasses },
    (_, i) => [i, sourceOf(i, source, target)] as const,
  ).filter(([, from]) => from !== undefined) as [number, number][];
  const isBetweenClasses = /(^|\.)upscore/.test(parameter.name);
  const { shape } = parameter;
  const classAxes = isBetweenClasses ? 2 : 1;
  if (pairs.length === 0 || shape.slice(classAxes).join() !== tensor.shape.slice(classAxes).join())
    return undefined;
  const result = initializeParameter(parameter, seed);
  const size = shape.slice(classAxes).reduce((product, length) => product * length, 1);
  const copy = (to: number, from: number) => {
    result.data.set(tensor.data.subarray(from * size, (from + 1) * size), to * size);
  };
  for (const [to, from] of pairs) {
    if (!isBetweenClasses) copy(to, from);
    else
      for (const [other, fromOther] of pairs)
        copy(to * numClasses + other, from * source.numClasses + fromOther);
  }
  return { tensor: result, reason: `${pairs.length} of ${numClasses} classes are in the file` };
}

function sourceOf(
  index: number,
  source: PlaceInSource['source'],
  { classes = [] }: Classes,
): number | undefined {
  const name = classes[index];
  const isNamed = name !== undefined && name !== unknownClass(name, index);
  const sourceIsNamed = source.classes.some((each, i) => each !== unknownClass(each, i));
  if (!isNamed || !sourceIsNamed) return index < source.numClasses ? index : undefined;
  const found = source.classes.indexOf(name);
  return found < 0 ? undefined : found;
}
