import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import type { LabelImage } from '../../../src/data/images/image.ts';
import type { Device } from '../../../src/engine/runtimes/session.ts';
import type { TrainingSettings } from '../../../src/library/web/training.ts';
import type { ModelConfig } from '../../../src/networks/model-config.ts';
import type { ModelName } from '../../../src/networks/model-names.ts';

/** A class as the user edits it: its key stays what it is, whatever becomes of its name and its number. */
export interface NamedClass {
  readonly key: number;
  readonly name: string;
}

/** What is to be trained. */
export interface Plan {
  readonly model: ModelName;
  readonly width: number;
  readonly classes: readonly NamedClass[];
  readonly settings: Omit<TrainingSettings, 'threads'>;
}

/** What the page asks of the worker. */
export type Request =
  /** Trains on from where the last training stopped, as far as the plan allows. */
  | {
      readonly type: 'start';
      readonly plan: Plan;
      readonly samples: readonly RgbSample[];
      readonly shown: number;
    }
  | { readonly type: 'stop' }
  /** Forgets what was learned, and the file that was loaded. */
  | { readonly type: 'reset' }
  /** A label that has changed. */
  | { readonly type: 'label'; readonly index: number; readonly label: LabelImage }
  /** Which sample to predict. */
  | { readonly type: 'show'; readonly index: number }
  /** Asks for the weights as a file, with the names that the classes have by now. */
  | { readonly type: 'save'; readonly classes: readonly NamedClass[] }
  /** Weights to start from. */
  | { readonly type: 'load'; readonly name: string; readonly bytes: Uint8Array };

/** What the worker says. */
export type Report =
  /** The runtime is loaded: from here on nothing needs the network. */
  | { readonly type: 'ready'; readonly threads: number; readonly device: Device }
  /** What became of the weights that there were. */
  | { readonly type: 'started'; readonly note: string }
  | {
      readonly type: 'step';
      readonly iteration: number;
      readonly loss: number;
      readonly milliseconds: number;
    }
  | { readonly type: 'prediction'; readonly index: number; readonly label: LabelImage }
  | { readonly type: 'stopped' }
  | { readonly type: 'saved'; readonly bytes: Uint8Array }
  | { readonly type: 'loaded'; readonly name: string; readonly config: ModelConfig }
  /** What a reset was to forget is forgotten: what was said before concerns nobody any more. */
  | { readonly type: 'forgotten' }
  /** What cannot be done, in words for the user. A training that was going on has stopped. */
  | { readonly type: 'error'; readonly message: string; readonly hasTraining: boolean };
