import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import type { Device } from '../../../src/engine/runtimes/session.ts';
import type { Status } from '../status-line.tsx';
import type { Drawing } from './drawing.ts';
import { createClass, type DrawnClass } from './drawn-class.ts';
import { emptyCurve, type LossCurve } from './loss-curve.ts';
import { type NetworkChoice, networkChoices } from './networks.ts';

/** How far a training is, and how its last step went. */
export interface Progress {
  readonly iteration: number;
  readonly loss?: number;
  readonly milliseconds?: number;
}

/** All that the section shows. */
export interface TrainState {
  readonly drawings: readonly Drawing[];
  /** Whether the page made the images itself. */
  readonly areGenerated: boolean;
  /** Index of the drawing that is shown. */
  readonly shown: number;
  readonly classes: readonly DrawnClass[];
  /** The class that the brush paints. */
  readonly chosen: number;
  readonly isErasing: boolean;
  /** Of the brush, in pixels of the image. */
  readonly diameter: number;
  /** Of the classes over the image, in percent. */
  readonly opacity: number;
  readonly networks: readonly NetworkChoice[];
  readonly network: number;
  /** As it is typed. */
  readonly learningRate: string;
  readonly isTraining: boolean;
  readonly hasTrained: boolean;
  /** Whether the next training begins with a file's weights. */
  readonly hasFile: boolean;
  readonly progress: Progress;
  readonly curve: LossCurve;
  readonly status: Status;
  /** Of the runtime; undefined until it is loaded. */
  readonly threads: number | undefined;
  /** What trains, once that is known. */
  readonly device: Device | undefined;
}

/** Images of one step. */
export const batchSize = 4;

/** Before any training. */
export const notTrained = {
  hasTrained: false,
  hasFile: false,
  isTraining: false,
  progress: { iteration: 0 },
  curve: emptyCurve,
} satisfies Partial<TrainState>;

export const initialState: TrainState = {
  drawings: [],
  areGenerated: false,
  shown: 0,
  classes: [],
  chosen: 0,
  isErasing: false,
  diameter: 5,
  opacity: 60,
  networks: networkChoices,
  network: 0,
  learningRate: String(networkChoices[0]!.learningRate),
  ...notTrained,
  status: { text: 'loading', isError: false },
  threads: undefined,
  device: undefined,
};

let nextKey = 0;

export function drawingOf({ id, image, label }: RgbSample): Drawing {
  return { key: nextKey++, id, image, label, past: [], prediction: undefined };
}

/** What to show with images of the user: two classes to begin with, and the brush on the second. */
export function ownClasses(): Pick<TrainState, 'classes' | 'chosen'> {
  return { classes: ['background', 'object'].map(createClass), chosen: 1 };
}
