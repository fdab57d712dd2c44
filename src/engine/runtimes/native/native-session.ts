import { onThread } from '../../../base/koffi.ts';
import type { Tensor } from '../../../base/tensor.ts';
import { RunQueue } from '../run-queue.ts';
import type { BoundTensors, Device, NamedTensors, Session } from '../session.ts';
import { handleOf, NativeDeviceMemory } from './device-memory.ts';
import { HostBinding } from './host-binding.ts';
import { valueOn } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** A tensor and the handle on its memory. */
export interface Binding {
  readonly tensor: Tensor;
  readonly value: Pointer;
}

const running = 'running the graph';

/** A session of ONNX Runtime. Tensors are bound where they lie. */
export class NativeSession implements Session {
  readonly #api: Ort;
  readonly memory: NativeDeviceMemory | undefined;
  #session: Pointer;
  /** On the CPU. */
  readonly #host: HostBinding | undefined;
  readonly #constants: readonly Binding[];
  readonly #runs = new RunQueue();

  /** @param constants see GraphOptions; they are released with the session */
  constructor(
    api: Ort,
    session: Pointer,
    { device, constants }: { readonly device: Device; readonly constants: readonly Binding[] },
  ) {
    this.#api = api;
    this.memory = device === 'cpu' ? undefined : new NativeDeviceMemory(api, session, device);
    this.#host = device === 'cpu' ? new HostBinding(api, session) : undefined;
    this.#constants = constants;
    this.#session = session;
  }

  run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    return this.#runs.add(() => this.#run(inputs, outputs));
  }

  async release(): Promise<void> {
    await this.#runs.ended();
    if (!this.#session) return;
    this.#host?.release();
    this.memory?.release();
    this.#api.ReleaseSession(this.#session);
    this.#session = null;
    for (const { value } of this.#constants) this.#api.ReleaseValue(value);
  }

  #run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    if (!this.#session) throw new Error('run: the session was released');
    return this.#host
      ? this.#runOnHost(this.#host, inputs as NamedTensors, outputs as NamedTensors)
      : this.#runOnDevice(inputs, outputs);
  }

  async #runOnHost(host: HostBinding, inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    const binding = host.bind(inputs, outputs);
    const status = await onThread<Pointer>(this.#api.RunWithBinding, this.#session, null, binding);
    this.#api.check(status, running);
  }

  /** What lies in the memory of JavaScript goes to the device at each run. */
  async #runOnDevice(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    const bound: Pointer[] = [];
    const valuesOf = (tensors: BoundTensors, what: string) =>
      Object.entries(tensors).map(([name, tensor]) => {
        if ('device' in tensor) return handleOf(tensor);
        const value = valueOn(this.#api, tensor, `binding ${what} ${name}`);
        bound.push(value);
        return value;
      });
    const [inputNames, outputNames] = [Object.keys(inputs), Object.keys(outputs)];
    try {
      const inputValues = valuesOf(inputs, 'input');
      const outputValues = valuesOf(outputs, 'output');
      const status = await onThread<Pointer>(
        this.#api.Run,
        ...[this.#session, null, inputNames, inputValues, inputNames.length],
        ...[outputNames, outputNames.length, outputValues],
      );
      this.#api.check(status, running);
    } finally {
      for (const value of bound) this.#api.ReleaseValue(value);
    }
  }
}
