import * as wasm from 'onnxruntime-web/wasm';
import { failure, reasonOf } from '../../../base/errors.ts';
import { bytesOf } from '../../../base/tensor.ts';
import type { Runtime } from '../session.ts';
import { isWithoutWebAssembly, missingWebAssembly, webAssemblyFiles } from './missing-webassembly.ts';
import { orFail } from './or-fail.ts';
import { type OnnxRuntimeWeb, WebSession } from './web-session.ts';

export interface WebRuntimeOptions {
  /** Where ONNX Runtime's loader and WebAssembly are: a folder, or each. Default: beside its script. */
  readonly wasmPaths?: string | { readonly mjs?: string; readonly wasm: string };
}

/**
 * ONNX Runtime as WebAssembly, for browsers. A run keeps the thread that it is called on busy until it ends: call it in a
 * worker. WebAssembly has a memory of its own, so inputs are copied into it and results out of it.
 *
 * Threads are shared by all sessions: the first session decides how many there are. More than one need a page that is
 * cross-origin isolated.
 */
export function webRuntime({ wasmPaths }: WebRuntimeOptions = {}): Runtime {
  return createRuntime(wasm, 'wasm', wasmPaths);
}

/**
 * ONNX Runtime on the browser's graphics processor, by WebGPU. Its build for this is another one, and is loaded here. Whether
 * it computes correctly has not been looked at: `openDevice` of devices/ does that.
 * @param wasmPaths of the build for WebGPU
 * @throws FcnError (exit code 1) when it cannot be loaded
 */
export async function webgpuRuntime({ wasmPaths }: WebRuntimeOptions = {}): Promise<Runtime> {
  const loaded = await import('onnxruntime-web/webgpu').catch((thrown: unknown) => {
    throw failure(
      `ONNX Runtime: cannot be loaded (${reasonOf(thrown)}); check the connection and reload`,
      thrown,
    );
  });
  return createRuntime(loaded as OnnxRuntimeWeb, 'webgpu', wasmPaths);
}

/** What ONNX Runtime calls the providers. NCHW: see webgpuSettings in ../native/providers.ts. */
const providers = { wasm: 'wasm', webgpu: { name: 'webgpu', preferredLayout: 'NCHW' } } as const;

function createRuntime(
  ort: OnnxRuntimeWeb,
  provider: keyof typeof providers,
  wasmPaths: WebRuntimeOptions['wasmPaths'],
): Runtime {
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return {
    device: provider === 'wasm' ? 'cpu' : 'webgpu',
    isWebAssembly: provider === 'wasm',
    async createSession(model, { threads, constants = {} }) {
      ort.env.wasm.numThreads = provider === 'wasm' ? threads : 1;
      const session = await orFail('loading the graph', () =>
        ort.InferenceSession.create(model, {
          executionProviders: [providers[provider]],
          graphOptimizationLevel: 'all',
          // A memory pattern is a second copy of what the arena already holds, one for every image size that occurs.
          enableMemPattern: false,
          externalData: Object.entries(constants).map(([name, { data }]) => ({
            path: name,
            data: bytesOf(data),
          })),
        }).catch(async (thrown) => {
          if (!isWithoutWebAssembly(thrown)) throw thrown;
          throw await missingWebAssembly(thrown, webAssemblyFiles[provider], wasmPaths);
        }),
      );
      const device = provider === 'wasm' ? undefined : await ort.env.webgpu.device;
      return new WebSession(ort, session, device);
    },
  };
}
