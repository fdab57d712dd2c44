import type { Tensor } from '../../../base/tensor.ts';
import type { NamedTensors } from '../session.ts';
import { valueOn } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/**
 * What a session on the CPU reads and writes: tensors, bound where they lie. A training step has hundreds. They stay bound, and a run
 * hands over only those that are others than before.
 */
export class HostBinding {
  readonly #api: Ort;
  readonly #binding: Pointer;
  readonly #inputs = new Map<string, Tensor>();
  readonly #outputs = new Map<string, Tensor>();

  constructor(api: Ort, session: Pointer) {
    this.#api = api;
    this.#binding = api.make('binding tensors', (out) => api.CreateIoBinding(session, out));
  }

  /** For RunWithBinding. It also keeps the tensors alive. @throws FcnError where the graph has no such input or output */
  bind(inputs: NamedTensors, outputs: NamedTensors): Pointer {
    const { BindInput, BindOutput } = this.#api;
    if (!hasNames(this.#inputs, inputs) || !hasNames(this.#outputs, outputs)) this.#clear();
    try {
      this.#bindOthers(inputs, this.#inputs, BindInput, 'input');
      this.#bindOthers(outputs, this.#outputs, BindOutput, 'output');
    } catch (thrown) {
      this.#clear();
      throw thrown;
    }
    return this.#binding;
  }

  release(): void {
    this.#api.ReleaseIoBinding(this.#binding);
    this.#inputs.clear();
    this.#outputs.clear();
  }

  #clear(): void {
    this.#api.ClearBoundInputs(this.#binding);
    this.#api.ClearBoundOutputs(this.#binding);
    this.#inputs.clear();
    this.#outputs.clear();
  }

  /** Binds what is not what was bound before. */
  #bindOthers(tensors: NamedTensors, bound: Map<string, Tensor>, bind: Ort['BindInput'], what: string): void {
    for (const name of Object.keys(tensors)) {
      const tensor = tensors[name]!;
      if (bound.get(name) === tensor) continue;
      const value = valueOn(this.#api, tensor, `binding ${what} ${name}`);
      try {
        this.#api.check(bind(this.#binding, name, value), `binding ${what} ${name}`);
      } finally {
        this.#api.ReleaseValue(value); // the binding has a share of its own
      }
      bound.set(name, tensor);
    }
  }
}

/** Whether tensors have the names of those that are bound. */
function hasNames(bound: ReadonlyMap<string, Tensor>, tensors: NamedTensors): boolean {
  const names = Object.keys(tensors);
  return names.length === bound.size && names.every((name) => bound.has(name));
}
