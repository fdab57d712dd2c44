import type { Kernels } from './kernels.ts';

/** The kernels' memory as numbers of several types, and where in it things are, in bytes. */
export interface KernelMemory<Name extends string> {
  readonly at: Readonly<Record<Name, number>>;
  readonly bytes: Uint8Array;
  readonly words: Uint16Array;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

const pageBytes = 65_536;

/**
 * Gives all of the memory to one caller, until the next one asks: each place begins at a multiple of 16, and holds what happened to be
 * there.
 * @param sizes in bytes
 */
export function layOut<Name extends string>(
  { memory }: Pick<Kernels, 'memory'>,
  sizes: Readonly<Record<Name, number>>,
): KernelMemory<Name> {
  let end = 0;
  const at = {} as Record<Name, number>;
  for (const name of Object.keys(sizes) as Name[]) {
    at[name] = end;
    end += 16 * Math.ceil(sizes[name] / 16);
  }
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = memory;
  return {
    at,
    bytes: new Uint8Array(buffer),
    words: new Uint16Array(buffer),
    ints: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}
