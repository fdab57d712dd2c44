import { sizeOf } from '../base/tensor.ts';
import { kindsOf } from '../engine/optimizers/optimizer.ts';
import { bytesPerPixel } from '../inference/predict/memory-per-pixel.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import { scoresPerPixel } from '../networks/class-heads.ts';
import { largestMaps } from '../networks/largest-maps.ts';
import { learnedParameters } from '../networks/learned-parameters.ts';
import type { Architecture } from '../networks/network.ts';
import { parseObjective } from '../networks/objectives.ts';
import { parametersOf } from '../networks/parameters.ts';
import { optimizerOf } from '../networks/update-rules.ts';
import type { RunConfig } from './run-config.ts';

/** The settings that decide how much memory a run takes. */
export type Demand = { readonly model: Architecture } & Pick<
  RunConfig,
  'batchSize' | 'accumulate' | 'validateEvery' | 'optimizer'
> &
  Pick<RunConfig, 'momentum' | 'weightDecay' | 'clip' | 'ema' | 'frozen' | 'objective' | 'hardPixels'>;

/** The largest images that pass the network, before they are in a batch; undefined where nobody knows. */
export interface ImageSizes {
  readonly training: Size | undefined;
  readonly validation: Size | undefined;
  /** Bytes of the samples that are kept once they are loaded; default: none are. */
  readonly kept?: number;
}

/** Bytes that a run takes at its peak, by what they are for. */
export interface MemoryNeed {
  /** Node, its libraries and ONNX Runtime. */
  readonly program: number;
  /** Weights, their gradients, and what the optimizer keeps of them. */
  readonly weights: number;
  /** Of an update: maps, their gradients, scores and losses of one batch. */
  readonly maps: number;
  /** Images of the batches that make one update, and of those that are prepared ahead. */
  readonly batches: number;
  /** Of a validation. */
  readonly validation: number;
  /** Of images and labels that are kept, so that they are loaded only once. */
  readonly kept: number;
  readonly total: number;
}

/** By how much of itself an estimate may be wrong, up and down (docs/reliability.md says what was measured). */
export const estimateError = 0.25;

/** In bytes, before there is a network. */
const program = 150e6;

/**
 * The peak of memory (resident set) that a run will have. The factors were fitted to 48 trainings of all backbones, at sizes
 * from 64x64 to 1024x1024, widths from 1/8 to 2, batches up to 8 and up to 150 classes (docs/reliability.md).
 */
export function memoryNeed(demand: Demand, { training, validation, kept = 0 }: ImageSizes): MemoryNeed {
  const { model, batchSize, accumulate, validateEvery, frozen } = demand;
  const weights = weightBytes(demand);
  const pixels = (size: Size | undefined) => (size ? size.height * size.width : 0);
  const ofTraining = pixels(training);
  const streams = model.streams?.length ?? 1;
  const backbone = training ? streams * largestMaps(model, training) : 0;
  // Layers that do not learn need no gradients, and their maps are given up at once.
  const factor = frozen.length > 0 ? 2 : 7.7;
  const maps = 4 * batchSize * (factor * backbone + scoreFactor(demand) * scoresPerPixel(model) * ofTraining);
  const needed = {
    program,
    weights,
    maps,
    batches: bytesOfInput * (accumulate + batchesAhead) * batchSize * ofTraining,
    validation: validateEvery > 0 ? bytesPerPixel(model) * pixels(validation) : 0,
    kept,
  };
  return { ...needed, total: Object.values(needed).reduce((sum, part) => sum + part, 0) };
}

/** Of each pixel: three channels as float32, and a label. */
const bytesOfInput = 13;
/** See loader.ts. */
const batchesAhead = 4;

function weightBytes(demand: Demand): number {
  const parameters = parametersOf(demand.model);
  const count = (some: readonly { readonly shape: readonly number[] }[]) =>
    some.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const learned = learnedParameters(parameters, demand.frozen);
  const deconvolutions = learned.filter(({ name }) => name.startsWith('upscore'));
  const kinds = kindsOf(optimizerOf(demand)).length;
  // Gradients of most layers are used up in bands. Accumulated, or shortened, all are there at once.
  const gradients = (demand.accumulate > 1 ? 5 : 0) + (demand.clip > 0 ? 1.3 : 0);
  return 4 * (count(parameters) + (kinds + gradients) * count(learned) + 4.8 * count(deconvolutions));
}

/** How often the scores of all classes at all pixels are there at once, with what the losses make of them. */
function scoreFactor({ objective, hardPixels }: Demand): number {
  const ofTerm: Readonly<Record<string, number>> = { lovasz: 14, dice: 2, focal: 2, sigmoid: 2 };
  const terms = parseObjective(objective) ?? [];
  return 4 + terms.reduce((sum, { name }) => sum + (ofTerm[name] ?? 0), 0) + (hardPixels < 1 ? 2 : 0);
}
