import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import type { ModelName } from '../config/model-config.ts';
import { openDataset } from '../datasets/open.ts';
import { formatMetrics } from '../metrics/table.ts';
import { predictImages } from '../predict/predict.ts';
import { writeRunReport } from '../report/run-report.ts';
import { prepareRun } from '../train/prepare.ts';
import { RunFolder } from '../train/run-folder.ts';
import { threadsOption } from './options.ts';
import { duration } from './progress.ts';
import { runTraining } from './run-training.ts';

/** Each network starts from the one before, and learns more slowly (Long et al. 2015, section 4.3). */
const stages: readonly { model: ModelName; epochs: number; learningRate: number }[] = [
  { model: 'fcn32s', epochs: 8, learningRate: 1e-3 },
  { model: 'fcn16s', epochs: 4, learningRate: 5e-4 },
  { model: 'fcn8s', epochs: 4, learningRate: 5e-4 },
];

const data = 'shapes:?train=200&val=50&size=96';
const width = 0.125;

export function demoCommand(): Command {
  return new Command('demo')
    .description('Train FCN-32s, then 16s, then 8s on generated images; evaluate, predict, report')
    .option('--out <DIR>', 'folder for the runs, replaced if there', 'runs/demo')
    .addOption(threadsOption())
    .action(runDemo);
}

async function runDemo({ out, threads }: { out: string; threads: number }): Promise<void> {
  const started = performance.now();
  const valSet = await openDataset(data, 'val');
  const runs: { name: string; run: RunFolder; meanIoU: number }[] = [];
  for (const { model, epochs, learningRate } of stages) {
    const run = new RunFolder(path.join(out, model));
    await rm(run.folder, { recursive: true, force: true });
    const before = runs.at(-1);
    const prepared = await prepareRun({
      command: 'fcn demo',
      ...{ data, trainSplit: 'train', valSplit: 'val', model, width, order: 'shuffled', seed: 0, threads },
      init: before ? before.run.last : 'none',
      recipe: 'classic',
      overrides: {
        duration: { epochs },
        learningRate,
        momentum: 0.9,
        dropout: 0,
        trainSize: { mode: 'native' },
        valSize: { mode: 'native' },
        augment: ['flip'],
      },
      checkpointEvery: 0,
    });
    await run.create(prepared.config);
    const meanIoU = await runTraining(run, prepared, model);
    if (process.exitCode) return; // stopped by Ctrl-C, which was said
    runs.push({ name: model, run, meanIoU: meanIoU! });
  }
  console.log(runs.length);
  void [valSet, started, formatMetrics, predictImages, writeRunReport, duration];
}
