import { inputError } from '../../../src/base/errors.ts';
import type { ModelConfig } from '../../../src/networks/model-config.ts';
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
    title: 'FCN-8s MobileNetV2, a quarter of the width',
  },
  {
    model: 'fcn8s-squeezenet',
    width: 1 / 4,
    learningRate: 0.01,
    title: 'FCN-8s SqueezeNet, a quarter of the width (fastest)',
  },
  {
    model: 'fcn8s',
    width: 1 / 16,
    learningRate: 0.01,
    title: 'FCN-8s VGG-16, a sixteenth of the width (slow)',
  },
];

interface Settings {
  readonly networks: readonly NetworkChoice[];
  /** Index of the one that is chosen. */
  readonly network: number;
  /** As it is typed. */
  readonly learningRate: string;
}

/** @throws FcnError when the learning rate is none. */
export function readSettings(settings: Settings): Pick<NetworkChoice, 'model' | 'width' | 'learningRate'> {
  const text = settings.learningRate.trim();
  const learningRate = Number(text);
  if (text === '' || !(learningRate > 0 && learningRate <= 10)) {
    throw inputError(
      `learning rate: got '${text}', expected a number above 0, at most 10; 0.01 is a good start`,
    );
  }
  const { model, width } = settings.networks[settings.network]!;
  return { model, width, learningRate };
}

/** Chooses the network of a file, which need not be one of those that are offered. */
export function adoptNetwork(
  { networks, network }: Settings,
  { model, width }: ModelConfig,
): Partial<Settings> {
  const known = networks.findIndex((choice) => choice.model === model && choice.width === width);
  if (known >= 0) return { network: known };
  const { learningRate } = networks[network]!;
  const added = { model, width, learningRate, title: `${model}, width ${width}` };
  return { networks: [...networks, added], network: networks.length };
}
