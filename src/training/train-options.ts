import type { Tensor } from '../base/tensor.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import type { Model } from '../weights/model.ts';
import type { Leader } from './ranks/leader.ts';
import type { RunConfig } from './run-config.ts';
import type { RunFolder } from './run-folder.ts';

export interface TrainOptions {
  readonly run: RunFolder;
  readonly config: RunConfig;
  readonly trainSet: Dataset;
  /** Needed when config.validateEvery is not 0. */
  readonly valSet?: Dataset;
  /** Where several processes make the run together: this one, which leads the others. */
  readonly leader?: Leader | undefined;
  /** The weights to start from; a checkpoint of the run takes precedence. Changed in place. */
  readonly weights: Map<string, Tensor<'float32'>>;
  readonly events?: TrainEvents;
  /** Asked after every iteration and between the images of a validation: true ends the run, with a checkpoint. */
  readonly shouldStop?: () => boolean;
  /**
   * Called and waited for between iterations, with the network as it would be saved; it must not change the weights.
   * @param read brings them to where they lie: on a graphics processor they change elsewhere
   */
  readonly onPause?: (iteration: number, network: Model, read: () => Promise<void>) => Promise<void>;
}

export interface TrainEvents {
  /** What is wrong with a file of the run, and what has become of it, in a sentence. Of checkpoints before onResume. */
  onDamaged?(what: string): void;
  onResume?(iteration: number): void;
  onIteration?(progress: { iteration: number; epoch: number; loss: number; elapsedSeconds: number }): void;
  /** After each image of a validation. */
  onValidating?(done: number, total: number): void;
  onValidation?(progress: { iteration: number; metrics: Metrics; isBest: boolean }): void;
}

export interface TrainResult {
  readonly iteration: number;
  /** The best mean IoU on the validation split so far, and its iteration; undefined when nothing was validated. */
  readonly best: { iteration: number; meanIoU: number } | undefined;
  /** False when the run was stopped before its end. */
  readonly finished: boolean;
  /** Whether it ended before all iterations, as mean IoU did not get better any more. */
  readonly outOfPatience: boolean;
}
