import { createInterface } from 'node:readline';
import { compileInference } from '../compile/inference.ts';
import { inputPresets, type ModelConfig } from '../config/model-config.ts';
import type { ModelName } from '../config/model-names.ts';
import { initializeParameter } from '../models/initialize.ts';
import { parametersOf } from '../models/parameters.ts';
import { random } from '../rng.ts';
import { nativeRuntime } from '../runtime/native/native-runtime.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { Trainer } from '../train/trainer.ts';

/**
 * Our side of the benchmark, a process of its own so that its peak memory is its own: for every line `go` on standard
 * input it does one step and answers with a line of JSON. peer/step.py does the same with PyTorch.
 */
export interface Workload {
  readonly mode: 'train' | 'infer';
  readonly model: ModelName;
  readonly width: number;
  readonly classes: number;
  readonly height: number;
  readonly imageWidth: number;
  readonly threads: number;
}

/** What a worker answers to `go`. */
export interface StepReport {
  readonly ms: number;
  readonly peakRssMb: number;
}

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

async function prepare({ mode, model, width, classes, height, imageWidth, threads }: Workload) {
  const config: ModelConfig = {
    ...{ model, width, numClasses: classes, deconvolution: 'learned', input: inputPresets.torchvision },
    classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
  };
  const weights = new Map(parametersOf(config).map((p) => [p.name, initializeParameter(p, 0)]));
  const stream = random(0, 'bench');
  const image = allocate('float32', [1, 3, height, imageWidth]);
  for (let i = 0; i < image.data.length; i++) image.data[i] = stream.uniform(-1, 1);
  if (mode === 'infer') return prepareInference(config, weights, image, threads);

  const label = allocate('uint8', [1, height, imageWidth]);
  for (let i = 0; i < label.data.length; i++) label.data[i] = stream.integer(classes);
  const batch = { image, label, ids: ['bench'] };
  const recipe = {
    batchSize: 1,
    accumulate: 1,
    loss: 'mean',
    momentum: 0.99,
    weightDecay: 5e-4,
    dropout: 0.5,
  } as const;
  const trainer = await Trainer.create(nativeRuntime, config, weights, { ...recipe, seed: 0, threads });
  let index = 0;
  return async () => {
    await trainer.step([batch], index++, 1e-4);
  };
}

async function prepareInference(
  config: ModelConfig,
  weights: Map<string, Tensor>,
  image: Tensor,
  threads: number,
) {
  const session = await nativeRuntime.createSession(compileInference(config), { threads });
  const [, , height, width] = image.shape as [number, number, number, number];
  const scores = allocate('float32', [1, config.numClasses, height, width]);
  return () => session.run({ ...Object.fromEntries(weights), image }, { scores });
}

await main(JSON.parse(process.argv[2]!));
