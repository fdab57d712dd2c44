import type { Tensor } from '../../../base/tensor.ts';
import { RunQueue } from '../run-queue.ts';
import type { BoundTensors, Device, DeviceTensor, Session } from '../session.ts';
import { handleOf, NativeDeviceMemory } from './device-memory.ts';
import { valueOn } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** A tensor and the handle on its memory. */
export interface Binding {
  readonly tensor: Tensor;
  readonly value: Pointer;
}

/** A session of ONNX Runtime. Tensors are bound where they lie. */
export class NativeSession implements Session {
  readonly #api: Ort;
  readonly memory: NativeDeviceMemory | undefined;
  #session: Pointer;
  /** The tensor that each name was last bound to, with its handle. Runs mostly repeat the same bindings. */
  readonly #bindings = new Map<string, Binding>();
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
    this.#constants = constants;
    this.#session = session;
  }

  run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    return this.#runs.add(() => this.#run(inputs, outputs));
  }

  async release(): Promise<void> {
    await this.#runs.ended();
    if (!this.#session) return;
    for (const { value } of this.#bindings.values()) this.#api.ReleaseValue(value);
    this.#bindings.clear();
    this.memory?.release();
    this.#api.ReleaseSession(this.#session);
    this.#session = null;
    for (const { value } of this.#constants) this.#api.ReleaseValue(value);
  }

  #run(inputs: BoundTensors, outputs: BoundTensors): Promise<void> {
    if (!this.#session) throw new Error('run: the session was released');
    const inputNames = Object.keys(inputs);
    const outputNames = Object.keys(outputs);
    const inputValues = inputNames.map((name) => this.#bind(`input ${name}`, inputs[name]!));
    const outputValues = outputNames.map((name) => this.#bind(`output ${name}`, outputs[name]!));
    return new Promise((resolve, reject) => {
      const done = (error: unknown, status: Pointer) => {
        try {
          if (error) throw error;
          this.#api.check(status, 'running the graph');
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      };
      this.#api.Run.async(
        ...[this.#session, null, inputNames, inputValues, inputNames.length],
        ...[outputNames, outputNames.length, outputValues, done],
      );
    });
  }

  /** A handle on the tensor's own memory. The binding also keeps the tensor alive for as long as the handle lives. */
  #bind(slot: string, tensor: Tensor | DeviceTensor): Pointer {
    if ('device' in tensor) return handleOf(tensor);
    const bound = this.#bindings.get(slot);
    if (bound?.tensor === tensor) return bound.value;
    if (bound) this.#api.ReleaseValue(bound.value);
    const value = valueOn(this.#api, tensor, `binding ${slot}`);
    this.#bindings.set(slot, { tensor, value });
    return value;
  }
}
