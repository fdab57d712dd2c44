/**
 * Seeded random numbers, the same on every machine.
 *
 * A stream is named by its keys (a seed, a purpose, a counter), not by a state that must be carried along: the
 * permutation of epoch 3 is `random(seed, 'order', 3)`. A run that resumes therefore needs no generator state.
 */
export interface Random {
  /** Uniform 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [low, high), by default [0, 1); 32 bits of resolution. */
  uniform(low?: number, high?: number): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
}

/** The stream of random numbers that belongs to these keys. */
export function random(...keys: (number | string)[]): Random {
  const uint32 = sfc32(hash128(keys.join('\u0000')));
  const uniform = (low = 0, high = 1) => low + (high - low) * (uint32() / 2 ** 32);
  let spare: number | undefined;
  return {
    uint32,
    uniform,
    // A 32-bit draw over small n: the bias is below n / 2^32.
    integer: (n) => Math.floor(uniform() * n),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Marsaglia's polar method: two normals from a point in the unit disc.
      for (;;) {
        const u = uniform(-1, 1);
        const v = uniform(-1, 1);
        const s = u * u + v * v;
        if (s >= 1 || s === 0) continue;
        const factor = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * factor;
        return u * factor;
      }
    },
  };
}

/** A uniformly random order of 0..n-1 (Fisher-Yates). */
export function permutation(n: number, stream: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/** Small Fast Counting generator, 32-bit variant (C. Doty-Humphrey, PractRand). */
function sfc32([a, b, c, counter]: [number, number, number, number]): () => number {
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** 128 bits from a string: four FNV-1a lanes with different offsets, each finished by MurmurHash3's mixer. */
function hash128(text: string): [number, number, number, number] {
  const lane = (offset: number) => {
    let h = offset;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  };
  return [lane(0x811c9dc5), lane(0x9e3779b9), lane(0x7f4a7c15), lane(0x2545f491)];
}
