import { kernelsWasm } from './kernels_wasm.ts';

/** Loops with vectors. `assembly/` says what each does; their arguments are places in their memory, and counts. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
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

/** The types of TypeScript know it in browsers only. */
interface WebAssemblyScope {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Kernels };
}

let loaded: Kernels | 'none' | undefined;

/**
 * The kernels, compiled when they are wanted first, which takes about a millisecond.
 * @returns undefined where there can be none: an engine without WebAssembly or its vectors, or without addresses for their memory. Callers
 *   then compute the same in JavaScript, more slowly.
 */
export function kernels(): Kernels | undefined {
  loaded ??= load() ?? 'none';
  return loaded === 'none' ? undefined : loaded;
}

/** Where addresses are limited: engines reserve 8 to 10 GB of them for the memory of the kernels, and others would lack them. */
export function doWithoutKernels(): void {
  loaded = 'none';
}

function load(): Kernels | undefined {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyScope };
  if (!WebAssembly) return undefined;
  const code = Uint8Array.from(atob(kernelsWasm), (character) => character.charCodeAt(0));
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(code)).exports;
  } catch {
    return undefined; // what can be wrong is the engine, or what it may do; tests see whether the code is right
  }
}
