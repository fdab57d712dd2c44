import type { Device } from '../../engine/runtimes/session.ts';
import type { ModelName } from '../../networks/model-names.ts';

/** What a worker does at each step. */
export interface Workload {
  readonly mode: 'train' | 'infer' | 'segment' | 'convolution';
  readonly model: ModelName;
  readonly width: number;
  readonly classes: number;
  /** Of the image; of the convolution's map. */
  readonly height: number;
  readonly imageWidth: number;
  /** Images of one training step; an inference is of one image. */
  readonly batch: number;
  readonly threads: number;
  /** What computes our side; default: the CPU. */
  readonly device?: Device;
  /** Weights file, or the file of `fcn quantize` for `segment`; default: random weights, made by the worker. */
  readonly weights?: string;
}
