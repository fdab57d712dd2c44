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
 * @returns undefined where there can be none: the engine may have been started without WebAssembly, or under a limit on addresses
 *   (`ulimit -v`), of which it reserves 8 GB for their memory. Callers then compute the same in JavaScript, more slowly.
 */
export function kernels(): Kernels | undefined {
  loaded ??= load() ?? 'none';
  return loaded === 'none' ? undefined : loaded;
}

function load(): Kernels | undefined {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyScope };
  if (!WebAssembly) return undefined;
  const code = Uint8Array.from(atob(kernelsWasm), (character) => character.charCodeAt(0));
  const module = new WebAssembly.Module(code);
  try {
    return new WebAssembly.Instance(module).exports;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined; // no addresses
    throw thrown;
  }
}
