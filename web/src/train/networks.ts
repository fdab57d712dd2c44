import type { ModelName } from '../../../src/networks/model-names.ts';

export interface NetworkChoice {
  readonly model: ModelName;
  readonly width: number;
  /** Of the fastest learning that is stable from random weights. */
  readonly learningRate: number;
  readonly title: string;
}

/** Networks narrow enough to learn in a page; the first is chosen at the start. */
export const networkChoices: readonly NetworkChoice[] = [
  {
    model: 'fcn8s-mobilenetv2',
    width: 1 / 4,
    learningRate: 0.02,
    title: 'FCN-8s MobileNetV2, a quarter wide',
  },
  {
    model: 'fcn8s-squeezenet',
    width: 1 / 4,
    learningRate: 0.01,
    title: 'FCN-8s SqueezeNet, a quarter wide (fastest)',
  },
  { model: 'fcn8s', width: 1 / 16, learningRate: 0.01, title: 'FCN-8s VGG-16, a sixteenth wide (slow)' },
];
