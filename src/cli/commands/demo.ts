import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { encodePng } from '../../data/images/encode.ts';
import { formatMetrics } from '../../inference/metrics/table.ts';
import { predictImages } from '../../inference/predict/predict.ts';
import { withSegmenter } from '../../inference/predict/segmenter.ts';
import type { ModelName } from '../../networks/model-names.ts';
import type { RunSettings } from '../../training/prepare.ts';
import type { RunFolder } from '../../training/run-folder.ts';
import { StagedFolder } from '../../training/staged-folder.ts';
import { loadModel } from '../../weights/model-file.ts';
import { threadsOption } from '../options.ts';
import { jsonOption, printResult } from '../print-result.ts';
import { duration } from '../progress.ts';
import { runStages } from '../stages.ts';

interface DemoStage {
  readonly model: ModelName;
  readonly epochs: number;
  readonly learningRate: number;
}

/** As the papers train: each network starts from the one before it (Long et al. 2015, section 4.2). */
const stages: readonly DemoStage[] = [
  { model: 'fcn32s', epochs: 1, learningRate: 1e-2 },
  { model: 'fcn16s', epochs: 1, learningRate: 1e-2 },
  { model: 'fcn8s', epochs: 5, learningRate: 1e-2 },
];

/** Small enough for minutes on two cores: generated images, an eighth of VGG-16's channels. */
const data = 'shapes:?train=400&val=50&size=128';
const width = 1 / 8;

interface DemoArguments {
  out: string;
  threads: number;
  json?: string;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Train FCN-32s, then 16s, then 8s on generated images; predict; write a report')
    .option('--out <DIR>', 'folder for the results; what an earlier demo left there is replaced', 'runs/demo')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runDemo);
}

async function runDemo({ out, threads, json }: DemoArguments): Promise<void> {
  const started = performance.now();
  const staged = new StagedFolder(out);
  const settings = stages.map((stage) => [stage.model, settingsOf(stage, threads)] as const);
  const prepared = await staged.prepare(new Map(settings));
  const finished = await staged.whileLocked(async () => {
    for (const { model } of stages)
      await rm(staged.stage(model).run.folder, { recursive: true, force: true });
    await staged.create(prepared);
    return runStages(staged, prepared);
  });
  if (!finished) return; // stopped by Ctrl-C, which was said

  const { run } = finished.at(-1)!;
  const predictions = path.join(out, 'predictions');
  await predictSome(run, await openDataset(data, 'val'), predictions, threads);

  const metrics = (await run.readBestMetrics())!;
  const text = [
    `${formatMetrics(metrics)}\n`,
    ...finished.map(({ name, meanIoU }) => `${name.padEnd(8)} val mean IoU ${meanIoU!.toFixed(3)}`),
    `\ndone in ${duration((performance.now() - started) / 1000)}`,
    `report       ${pathToFileURL(staged.report)}`,
    `weights      ${run.best}`,
    `predictions  ${predictions}`,
  ].join('\n');
  await printResult(text, json, {
    ...metrics,
    stages: finished.map(({ name, meanIoU }) => ({ name, meanIoU })),
  });
}

function settingsOf({ model, epochs, learningRate }: DemoStage, threads: number): RunSettings {
  return {
    ...{ command: 'fcn demo', data, trainSplit: 'train', valSplit: 'val', model, width, threads },
    ...{ order: 'shuffled', seed: 0, checkpointEvery: 500, recipe: 'classic', init: 'none' },
    overrides: {
      ...{
        duration: { epochs },
        learningRate,
        schedule: 'poly',
        momentum: 0.9,
        dropout: 0,
        augment: ['flip'],
      },
      ...{ trainSize: { mode: 'native' }, valSize: { mode: 'native' } },
    },
  };
}

/** A few validation images as files, and what `fcn predict` makes of them. */
async function predictSome(run: RunFolder, valSet: Dataset, out: string, threads: number): Promise<void> {
  const images = path.join(out, 'images');
  await makeFolder(images);
  const files: string[] = [];
  for (let index = 0; index < 4; index++) {
    const { id, image } = await valSet.load(index);
    const file = path.join(images, `${id}.png`);
    await writeFileAtomic(file, [await encodePng(image)]);
    files.push(file);
  }
  await withSegmenter(await loadModel(run.best), { threads }, (segmenter) =>
    predictImages({ segmenter, images: files, out, overlay: true }),
  );
}
