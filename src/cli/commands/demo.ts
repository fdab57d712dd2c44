import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { encodePng } from '../../data/images/encode.ts';
import { asPicture } from '../../data/images/picture.ts';
import { formatMetrics } from '../../inference/metrics/table.ts';
import { predictImages } from '../../inference/predict/predict.ts';
import { withSegmenter } from '../../inference/predict/segmenter.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { checkFree, holdsOnly } from '../../training/check-free.ts';
import type { RunSettings } from '../../training/prepare.ts';
import { removeRun } from '../../training/remove-run.ts';
import type { RunFolder } from '../../training/run-folder.ts';
import { StagedFolder } from '../../training/staged-folder.ts';
import { loadModel } from '../../weights/model-file.ts';
import { isMetrics } from '../earlier-results.ts';
import { forceOption, threadsOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
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

/** By which a demo is known. */
const command = 'fcn demo';

interface DemoArguments {
  out: string;
  threads: number;
  json?: string;
  force?: true;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Train FCN-32s, then 16s, then 8s on generated images, predict some, and write a report')
    .option('--out <DIR>', 'folder for the results; replaces those of an earlier demo', 'runs/demo')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(forceOption())
    .action(runDemo);
}

async function runDemo({ out, threads, json, force }: DemoArguments): Promise<void> {
  checkOutputs([{ option: '--json', file: json, isEarlier: isMetrics }], { force });
  const started = performance.now();
  const staged = new StagedFolder(out);
  const names = stages.map(({ model }) => model);
  const predictions = path.join(out, 'predictions');
  const isEarlier = await isDemo(staged);
  if (!isEarlier) {
    await staged.checkFree(names);
    await checkFree(out, new Map([[predictions, holdsOnly(() => false)]]));
  }
  const settings = stages.map((stage) => [stage.model, settingsOf(stage, threads)] as const);
  const prepared = await staged.prepare(new Map(settings));
  if (isEarlier) await staged.whileLocked(() => removeDemo(staged));
  const finished = await staged.begin(prepared, () => runStages(staged, prepared));
  if (!finished) return; // stopped by Ctrl-C, which was said

  const { run } = finished.at(-1)!;
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

/** Whether a folder holds what an earlier demo has left there, whole or not. */
async function isDemo(staged: StagedFolder): Promise<boolean> {
  if (!staged.exists()) return false;
  const runs = (await staged.stages()).map(({ run }) => run).filter((run) => run.hasRun());
  const commands = await Promise.all(runs.map(async (run) => (await run.readConfig()).command));
  return commands.length > 0 && commands.every((each) => each === command);
}

async function removeDemo(staged: StagedFolder): Promise<void> {
  for (const { run } of await staged.stages()) await removeRun(run);
  for (const file of [staged.file, staged.report]) await rm(file, { force: true });
}

function settingsOf({ model, epochs, learningRate }: DemoStage, threads: number): RunSettings {
  return {
    ...{ command, data, trainSplit: 'train', valSplit: 'val', model, width, threads },
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
    await writeFileAtomic(file, [await encodePng(asPicture(image))]);
    files.push(file);
  }
  await withSegmenter(await loadModel(run.best), { threads }, (segmenter) =>
    predictImages({ segmenter, images: files, out, overlay: true }),
  );
}
