import type * as OnnxRuntime from 'onnxruntime-web';
import { failure, inputError, reasonOf } from '../../base/errors.ts';

/** What computes: the graphics processor, or the central one through WebAssembly. */
export type Backend = 'webgpu' | 'wasm';

/** Addresses of ONNX Runtime's loader and of its WebAssembly, of the build for a backend. Bundlers put the loader into the script. */
export interface RuntimeFiles {
  readonly mjs?: string;
  readonly wasm: string;
}

export interface BackendOptions {
  /** Default: `webgpu` where the browser has a graphics processor to offer, else `wasm`. */
  readonly backend?: Backend | undefined;
  /** Threads of WebAssembly; default: one for each core, at most 8. Only one where the page is not cross-origin isolated. */
  readonly threads?: number | undefined;
  /** Where ONNX Runtime's files are; default: where the bundler puts them. */
  readonly files?: Partial<Readonly<Record<Backend, RuntimeFiles>>> | undefined;
}

export interface LoadedBackend {
  readonly backend: Backend;
  /** Threads of WebAssembly; 1 on `webgpu`. */
  readonly threads: number;
  readonly runtime: typeof OnnxRuntime;
}

interface GpuAdapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
}

/** The parts of a browser's globals that are read here; Node's and those of old browsers lack some. */
const browser = globalThis as {
  readonly WebAssembly?: object;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: {
    readonly hardwareConcurrency?: number;
    readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
  };
};

/**
 * Loads ONNX Runtime for the backend: only the build that it needs, when it is needed.
 * @throws FcnError when the browser has no WebAssembly, or no WebGPU where that was asked for.
 */
export async function loadBackend({ backend, threads, files }: BackendOptions): Promise<LoadedBackend> {
  if (!browser.WebAssembly) {
    throw failure('browser: got one without WebAssembly, expected a recent Chrome, Edge, Firefox or Safari');
  }
  const gpu = backend === 'wasm' ? undefined : await findGpu();
  if (backend === 'webgpu' && !gpu) {
    throw inputError('backend webgpu: got no GPU from this browser, expected one; use wasm');
  }
  // A slow imitation of a graphics processor in software is taken only where it was asked for.
  const chosen = backend ?? ((await hasGraphicsProcessor()) ? 'webgpu' : 'wasm');
  const runtime = await importRuntime(chosen);
  const used = chosen === 'webgpu' ? 1 : usableThreads(threads);
  runtime.env.wasm.numThreads = used;
  const paths = files?.[chosen];
  if (paths) runtime.env.wasm.wasmPaths = paths;
  return { backend: chosen, threads: used, runtime };
}

async function importRuntime(backend: Backend): Promise<typeof OnnxRuntime> {
  try {
    return await (backend === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm'));
  } catch (thrown) {
    throw failure(
      `ONNX Runtime: cannot be loaded (${reasonOf(thrown)}); check the connection and reload`,
      thrown,
    );
  }
}

/** Whether the browser has a graphics processor to offer, and not a slow imitation in software. */
export async function hasGraphicsProcessor(): Promise<boolean> {
  const gpu = await findGpu();
  return gpu !== undefined && gpu.info?.isFallbackAdapter !== true;
}

async function findGpu(): Promise<GpuAdapter | undefined> {
  try {
    return (await browser.navigator?.gpu?.requestAdapter()) ?? undefined;
  } catch {
    return undefined; // a browser may refuse by throwing: then WebAssembly it is
  }
}

function usableThreads(wanted: number | undefined): number {
  // Threads share memory, which browsers allow only to pages that are isolated from other sites.
  if (browser.crossOriginIsolated === false) return 1;
  return wanted ?? Math.min(8, browser.navigator?.hardwareConcurrency ?? 1);
}
