import { inputError } from '../base/errors.ts';
import { inBytes, type Memory, memoryOfMachine } from '../base/memory.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { bytesKept } from '../data/datasets/keeping-samples.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import { largestImage } from './image-sizes.ts';
import { type Demand, estimateError, type ImageSizes, type MemoryNeed, memoryNeed } from './memory-need.ts';
import type { RunConfig } from './run-config.ts';

/** The settings that say at which size images pass the network. */
type Sizes = Pick<RunConfig, 'trainSize' | 'valSize'>;

/** Sizes as the settings have them, and where they leave images as they are, those of the largest of some. */
export async function imageSizes(
  { trainSize, valSize, validateEvery }: Sizes & Pick<RunConfig, 'validateEvery'>,
  trainSet: Dataset,
  valSet: Dataset | undefined,
): Promise<ImageSizes> {
  const ownTraining = trainSize.mode === 'resize' ? trainSize : await largestImage(trainSet);
  const ownValidation = validateEvery > 0 && valSet ? await largestImage(valSet) : undefined;
  const kept = (dataset: Dataset | undefined, size: Size | undefined) =>
    dataset && size ? bytesKept(dataset, size.height * size.width) : 0;
  return {
    training: trainSize.mode === 'native' ? ownTraining : trainSize,
    validation: validateEvery === 0 ? undefined : valSize.mode === 'native' ? ownValidation : valSize,
    kept: kept(trainSet, ownTraining) + kept(valSet, ownValidation),
  };
}

/**
 * Compares what a run will need with what there is, before any of it is asked for.
 * @returns what the user should know, a line each
 * @throws FcnError for a run that cannot fit, even if its estimate is as wrong as it may be: with the numbers and the way out
 */
export function checkMemory(demand: Demand, sizes: ImageSizes, memory: Memory = memoryOfMachine()): string[] {
  const need = memoryNeed(demand, sizes);
  const { limit, available } = memory;
  const { model, batchSize } = demand;
  const { training } = sizes;
  const images = training
    ? `, images of ${training.height}x${training.width} in batches of ${batchSize}`
    : '';
  const what = `${model.model} of width ${model.width}${images}`;
  const there = memory.addresses
    ? 'what ulimit -v leaves'
    : memory.cgroup
      ? `the limit of its cgroup (version ${memory.cgroup.version}; the machine has ${inBytes(memory.machine)})`
      : 'all that this machine has';
  if ((1 - estimateError) * need.total > limit) {
    throw inputError(
      `memory: got a run that needs about ${inBytes(need.total)} (${what}), expected at most ${inBytes(limit)}, ` +
        `${there}; ${wayOut(demand, need, limit)}`,
    );
  }
  if (need.total <= available) return [];
  return [
    `this run needs about ${inBytes(need.total)} of memory (${what}), and ${inBytes(available)} of ${inBytes(limit)} are ` +
      `free: it may not fit; if it fails, ${wayOut(demand, need, available)}`,
  ];
}

/** What to change: what takes most, as far as it has to be changed. */
function wayOut({ batchSize, accumulate, model }: Demand, need: MemoryNeed, limit: number): string {
  const { total, weights, maps, batches, validation } = need;
  const most = Math.max(weights, maps, batches, validation);
  /** What is left of a number when what grows with it has to fit. */
  const fitting = (amount: number, growing: number) =>
    Math.floor((amount * Math.max(0, limit - (total - growing))) / growing);
  const to = (amount: number) => (amount > 0 ? ` to ${amount}` : '');
  if (most === weights) {
    const share = Math.max(0, limit - (total - weights)) / weights;
    return `lower --width${to(Math.floor(100 * model.width * Math.sqrt(share)) / 100)}, or choose a smaller --model`;
  }
  if (most === validation) return 'lower --val-size, or skip validations with --validate-every 0';
  if (most === batches && accumulate > batchSize) {
    return `lower --accumulate${to(fitting(accumulate, batches))}`;
  }
  const batch = fitting(batchSize, maps + batches);
  if (batchSize > 1 && batch > 0) {
    const batchesEach = Math.ceil((batchSize * accumulate) / batch);
    const same = batchesEach > 1000 ? '' : `; --accumulate ${batchesEach} then keeps the size of an update`;
    return `lower --batch-size to ${batch}${same}`;
  }
  return `lower the image size with --crop or --resize${batchSize > 1 ? ', the batch size' : ''} or --width`;
}
