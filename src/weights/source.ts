import type { Tensor } from '../base/tensor.ts';
import type { ModelConfig } from '../networks/model-config.ts';

/** Tensors by name. */
export type Tensors = Map<string, Tensor<'float32'>>;

/** Tensors read from a file that some tool made, before it is known what network they belong to. float32, by the file's names. */
export interface WeightSource {
  readonly file: string;
  /** Whose format it is: safetensors without a configuration of ours count as PyTorch's. */
  readonly origin: 'fcn' | 'pytorch' | 'caffe' | 'tensorflow' | 'deep-compression';
  readonly tensors: Tensors;
  /** Names of tensors that were left out, as they are beside the network: of a loss function, say. */
  readonly outside?: readonly string[];
  /** Configuration, when the file carries one (safetensors or PyTorch files of ours). */
  readonly config?: ModelConfig;
  /** A line for people where the file holds more than one network: which of them this is. */
  readonly chosen?: string;
}
