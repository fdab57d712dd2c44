import type { Tensor } from '../../base/tensor.ts';

/** A tensor that has served, whose memory the next one may take: new memory is slow, and is freed late. */
export class Spare {
  #tensor: Tensor<'float32'> | undefined;

  /** Nobody else has it until it is left again. */
  take(): Tensor<'float32'> | undefined {
    const tensor = this.#tensor;
    this.#tensor = undefined;
    return tensor;
  }

  leave(tensor: Tensor<'float32'>): void {
    this.#tensor = tensor;
  }
}
