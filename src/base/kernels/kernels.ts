import { kernelsWasm } from './kernels_wasm.ts';

/** Loops with vectors. `assembly/` says what each does; their arguments are places in their memory, and counts. */
export interface Kernels {
  lookUpBytes(channel: number, channels: number, pixels: number, values: number, into: number): void;
  lookUpWords(channel: number, channels: number, pixels: number, values: number, into: number): void;
  highestOfEntries(row: number, classes: number, pitch: number): void;
  // biome-ignore format: as it is called
  classesOfRow(
    upper: number, lower: number, classes: number, pitch: number,
    columns: number, cells: number, across: number, down: number, rows: number,
    candidates: number, labels: number, width: number,
  ): void;
}

/** The kernels' memory as numbers of several types, and where in it things are, in bytes. */
export interface KernelMemory<Name extends string> {
  readonly at: Readonly<Record<Name, number>>;
  readonly bytes: Uint8Array;
  readonly words: Uint16Array;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** The types of TypeScript know it in browsers only. */
interface WebAssemblyScope {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Kernels & { readonly memory: Memory } };
}

const pageBytes = 65_536;
let loaded: (Kernels & { readonly memory: Memory }) | undefined;

/** Compiles the kernels when they are needed first, which takes about a millisecond. */
export function loadKernels(): Kernels & { readonly memory: Memory } {
  if (loaded) return loaded;
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyScope }).WebAssembly;
  const code = Uint8Array.from(atob(kernelsWasm), (character) => character.charCodeAt(0));
  loaded = new Instance(new Module(code)).exports;
  return loaded;
}

/**
 * Gives the whole memory of the kernels to one caller, until the next one asks: each place begins at a multiple of 16, and holds
 * what happened to be there.
 * @param sizes in bytes
 */
export function layOutKernelMemory<Name extends string>(
  sizes: Readonly<Record<Name, number>>,
): KernelMemory<Name> {
  const { memory } = loadKernels();
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
