import type * as OnnxRuntime from 'onnxruntime-web';
import { failure } from '../../../base/errors.ts';
import type { Tensor } from '../../../base/tensor.ts';
import { RunQueue } from '../run-queue.ts';
import type { BoundTensors, Session } from '../session.ts';
import { orFail } from './or-fail.ts';
import { bufferOf, type GpuDevice, WebDeviceMemory } from './web-device-memory.ts';

/** One of the builds of ONNX Runtime for browsers. */
export type OnnxRuntimeWeb = typeof OnnxRuntime;

/** A session of ONNX Runtime in a browser. */
export class WebSession implements Session {
  readonly #ort: OnnxRuntimeWeb;
  #session: OnnxRuntime.InferenceSession | undefined;
  readonly memory: WebDeviceMemory | undefined;
  readonly #runs = new RunQueue();

  /** @param device on which it computes, if not by WebAssembly */
  constructor(ort: OnnxRuntimeWeb, session: OnnxRuntime.InferenceSession, device: unknown) {
    this.#ort = ort;
    this.#session = session;
    this.memory = device === undefined ? undefined : new WebDeviceMemory(device as GpuDevice);
  }

  run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    return this.#runs.add(() => this.#run(inputs, outputs));
  }

  async release(): Promise<void> {
    await this.#runs.ended();
    const session = this.#session;
    this.#session = undefined;
    this.memory?.release();
    await session?.release();
  }

  async #run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error('run: the session was released');
    const entries = Object.entries(inputs);
    const feeds = Object.fromEntries(entries.map(([name, tensor]) => [name, this.#bind(tensor)]));
    // What lies on the device is written there; all else is given back, and copied.
    const wanted = Object.entries(outputs).map(
      ([name, tensor]) => [name, 'device' in tensor ? this.#bind(tensor) : null] as const,
    );
    const results = await orFail('running the graph', () => session.run(feeds, Object.fromEntries(wanted)));
    for (const [name, target] of Object.entries(outputs)) {
      if (!('device' in target)) copyResult(name, results[name]!, target);
    }
  }

  #bind(tensor: BoundTensors[string]): OnnxRuntime.Tensor {
    const { dtype, shape } = tensor;
    if (!('device' in tensor)) return new this.#ort.Tensor(dtype, tensor.data, shape);
    const buffer = bufferOf(tensor) as OnnxRuntime.Tensor.GpuBufferType;
    return this.#ort.Tensor.fromGpuBuffer(buffer, {
      dataType: dtype as OnnxRuntime.Tensor.GpuBufferDataTypes,
      dims: shape,
    });
  }
}

function copyResult(name: string, { type, dims, data }: OnnxRuntime.Tensor, target: Tensor): void {
  if (type !== target.dtype || dims.join() !== target.shape.join()) {
    throw failure(
      `ONNX Runtime: running the graph: output ${name}: got ${type} [${dims.join(', ')}], expected ${target.dtype} ` +
        `[${target.shape.join(', ')}]`,
    );
  }
  (target.data as Float32Array).set(data as Float32Array);
}
