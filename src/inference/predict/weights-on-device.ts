import type { Tensor } from '../../base/tensor.ts';
import { wholeOf } from '../../engine/rewrites/bands.ts';
import type { Parts } from '../../engine/rewrites/parts.ts';
import type { BoundTensors, DeviceMemory, DeviceTensor } from '../../engine/runtimes/session.ts';
import { rowView } from '../../engine/training/state.ts';

/** The weights of a network in the memory of a graphics processor, as the inputs of its graph. */
export class WeightsOnDevice {
  readonly inputs: BoundTensors;
  readonly #memory: DeviceMemory;
  readonly #copies: readonly { readonly host: Tensor<'float32'>; readonly device: DeviceTensor }[];

  /** @param parts of the graph */
  constructor(memory: DeviceMemory, weights: ReadonlyMap<string, Tensor<'float32'>>, parts: Parts) {
    this.#memory = memory;
    const named = [...weights].flatMap(([name, weight]) =>
      (parts.get(name) ?? [wholeOf({ name, shape: weight.shape })]).map((band) => {
        const device = memory.allocate('float32', band.shape);
        return { name: band.name, host: rowView(weight, band), device };
      }),
    );
    this.inputs = Object.fromEntries(named.map(({ name, device }) => [name, device]));
    this.#copies = named;
  }

  /** Copies the weights as they are now. */
  refresh(): Promise<void> {
    return this.#memory.write(
      this.#copies.map(({ host }) => host),
      this.#copies.map(({ device }) => device),
    );
  }
}
