import type { Dimension } from '../graph/edge.ts';

/**
 * The shape in which graphs that update take and give the state of a parameter, its gradient and its next value: one row of pixels,
 * so that convolutions can compute with it (rewrites/sums-in-place.ts).
 */
export function rowOf<Size extends Dimension>(elements: Size): readonly (Size | 1)[] {
  return [1, 1, 1, elements];
}
