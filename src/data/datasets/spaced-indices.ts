/** `count` of the indices from 0 to `total` - 1, spread over them: all where there are no more. */
export function spacedIndices(total: number, count: number): number[] {
  const taken = Math.min(count, total);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * total) / taken));
}
