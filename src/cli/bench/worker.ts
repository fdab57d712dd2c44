import { createInterface } from 'node:readline';
import { random } from '../../base/rng.ts';
import { allocate } from '../../base/tensor.ts';
import type { Image } from '../../data/images/image.ts';
import { openDevice } from '../../engine/devices/native-devices.ts';
import { openNetwork } from '../../inference/predict/open-segmenter.ts';
import { createSegmenter } from '../../inference/predict/segmenter.ts';
import { Trainer } from '../../training/trainer.ts';
import type { Model } from '../../weights/model.ts';
import { prepareConvolution } from './large-convolution.ts';
import { randomModel } from './random-model.ts';
import type { Workload } from './workload.ts';

/**
 * Our side of the benchmark, a process of its own so that its peak memory is its own: for every line `go` on standard
 * input it does one step and answers with a line of JSON. peer/step.py does the same with PyTorch.
 */
async function main(workload: Workload): Promise<void> {
  const step = await prepare(workload);
  const answer = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'go') break;
    const started = performance.now();
    await step();
    const ms = performance.now() - started;
    answer({ ms, peakRssMb: process.resourceUsage().maxRSS / 1024 });
  }
}

async function prepare(workload: Workload): Promise<() => Promise<unknown>> {
  if (workload.mode === 'convolution') return prepareConvolution(workload);
  const { mode, model, width, classes, weights } = workload;
  if (weights) return prepareSegmentation(weights, workload);
  const network = randomModel(model, width, classes);
  return mode === 'train' ? prepareTraining(network, workload) : prepareInference(network, workload);
}

async function prepareTraining(
  { config, weights }: Model,
  { batch: batchSize, height, imageWidth, threads, device = 'cpu' }: Workload,
) {
  const stream = random(0, 'batch');
  const image = allocate('float32', [batchSize, 3, height, imageWidth]);
  const label = allocate('uint8', [batchSize, height, imageWidth]);
  for (let i = 0; i < image.data.length; i++) image.data[i] = stream.uniform(-1, 1);
  for (let i = 0; i < label.data.length; i++) label.data[i] = stream.integer(config.numClasses);
  const batch = { image, label, ids: ['bench'], first: 0 };
  const imageSize = { height, width: imageWidth };
  const recipe = {
    ...{ batchSize, imageSize, accumulate: 1, momentum: 0.99, weightDecay: 5e-4 },
    dropout: 0.5,
  };
  const trainer = await Trainer.create(await openDevice(device), config, weights, {
    ...recipe,
    // A rate at which the random network stays put: after many steps it must still compute numbers, not NaN.
    ...{ loss: 'mean', learningRate: 1e-8, seed: 0, threads },
  });
  let update = 0;
  return () => trainer.step([batch], update++);
}

/** From pixels to classes, as `fcn predict` does and the file of `fcn export`; PyTorch and TensorFlow go from preprocessed pixels to scores. */
async function prepareInference(
  network: Model,
  { height, imageWidth: width, threads, device = 'cpu' }: Workload,
) {
  const image = randomImage(height, width);
  const segmenter = await createSegmenter(network, { threads, images: 1000 }, await openDevice(device));
  return () => segmenter.segment(image);
}

/** From pixels to classes, by a weights file or the file of `fcn quantize`. */
async function prepareSegmentation(
  file: string,
  { height, imageWidth: width, threads, device = 'cpu' }: Workload,
) {
  const options = { threads, images: 1000, mapped: true };
  const segmenter = await openNetwork(file, options, await openDevice(device));
  const image = randomImage(height, width);
  return () => segmenter.segment(image);
}

function randomImage(height: number, width: number): Image {
  const stream = random(0, 'image');
  return { width, height, data: Uint8Array.from({ length: 3 * height * width }, () => stream.integer(256)) };
}

await main(JSON.parse(process.argv[2]!));
