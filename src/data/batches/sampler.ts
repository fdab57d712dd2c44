import { permutation, random } from '../../base/rng.ts';

/** The order of samples within an epoch. */
export const orders = ['shuffled', 'sequential'] as const;
export type Order = (typeof orders)[number];

/**
 * The data set index of sample number k = 0, 1, 2, ... of a run over `n` samples. Each epoch of n numbers visits every
 * index once; shuffled, in the permutation that belongs to (seed, epoch). It depends on nothing before k.
 */
export function createSampler(n: number, seed: number, order: Order): (k: number) => number {
  if (order === 'sequential') return (k) => k % n;
  let epoch = -1;
  let indices = new Uint32Array();
  return (k) => {
    const wanted = Math.floor(k / n);
    if (wanted !== epoch) {
      epoch = wanted;
      indices = permutation(n, random(seed, 'order', epoch)) as Uint32Array<ArrayBuffer>;
    }
    return indices[k % n]!;
  };
}
