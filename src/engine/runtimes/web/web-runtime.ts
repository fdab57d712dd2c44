import * as ort from 'onnxruntime-web/wasm';
import { FcnError, failure, reasonOf } from '../../../base/errors.ts';
import { bytesOf, type Tensor } from '../../../base/tensor.ts';
import { RunQueue } from '../run-queue.ts';
import type { NamedTensors, Runtime, Session } from '../session.ts';
import { isWithoutWebAssembly, missingWebAssembly } from './missing-webassembly.ts';

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
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return {
    async createSession(model, { threads, constants = {} }) {
      ort.env.wasm.numThreads = threads;
      const session = await orFail('loading the graph', () =>
        ort.InferenceSession.create(model, {
          executionProviders: ['wasm'],
          graphOptimizationLevel: 'all',
          // A memory pattern is a second copy of what the arena already holds, one for every image size that occurs.
          enableMemPattern: false,
          externalData: Object.entries(constants).map(([name, { data }]) => ({
            path: name,
            data: bytesOf(data),
          })),
        }).catch(async (thrown) => {
          if (!isWithoutWebAssembly(thrown)) throw thrown;
          throw await missingWebAssembly(thrown, 'ort-wasm-simd-threaded.wasm', wasmPaths);
        }),
      );
      return new WebSession(session);
    },
  };
}

class WebSession implements Session {
  #session: ort.InferenceSession | undefined;
  readonly #runs = new RunQueue();

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    return this.#runs.add(() => this.#run(inputs, outputs));
  }

  async release(): Promise<void> {
    await this.#runs.ended();
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  async #run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error('run: the session was released');
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(dtype, data, shape),
      ]),
    );
    const results = await orFail('running the graph', () => session.run(feeds, Object.keys(outputs)));
    for (const [name, target] of Object.entries(outputs)) copyResult(name, results[name]!, target);
  }
}

function copyResult(name: string, { type, dims, data }: ort.Tensor, target: Tensor): void {
  if (type !== target.dtype || dims.join() !== target.shape.join()) {
    throw failure(
      `ONNX Runtime: running the graph: output ${name}: got ${type} [${dims.join(', ')}], expected ${target.dtype} ` +
        `[${target.shape.join(', ')}]`,
    );
  }
  (target.data as Float32Array).set(data as Float32Array);
}

async function orFail<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw failure(`ONNX Runtime: ${action}: ${reasonOf(thrown)}`, thrown);
  }
}
