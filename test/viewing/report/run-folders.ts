import { writeFileAtomic, writeJson } from '../../../src/base/files.ts';
import { random } from '../../../src/base/rng.ts';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { ConfusionMatrix } from '../../../src/inference/metrics/confusion-matrix.ts';
import { metricsOf } from '../../../src/inference/metrics/metrics.ts';
import { prepareRun } from '../../../src/training/prepare.ts';
import { RunFolder } from '../../../src/training/run-folder.ts';
import { saveModel } from '../../../src/weights/model-file.ts';

/** What a run of 100 epochs over 1000 images leaves behind, with 200 validation images. */
export const longRun = { epochs: 100, trainImages: 1000, valImages: 200 };

/** Writes the folder of a long run that was never made: random weights, an invented log. */
export async function writeLongRun(
  folder: string,
  {
    size = 64,
    learningRate = 1e-3,
    ...shorter
  }: Partial<typeof longRun> & { size?: number; learningRate?: number } = {},
): Promise<RunFolder> {
  const { epochs, trainImages, valImages } = { ...longRun, ...shorter };
  const stream = random(folder);
  const iterations = epochs * trainImages;
  const data = `shapes:?train=${trainImages}&val=${valImages}&size=${size}`;
  const { config, weights } = await prepareRun({
    ...{ command: `fcn train --data '${data}' --model fcn8s --out ${folder}`, data },
    ...{ trainSplit: 'train', valSplit: 'val', model: 'fcn32s', width: 1 / 32, threads: 1 },
    ...{ order: 'shuffled', seed: 0, checkpointEvery: 500, recipe: 'classic', init: 'none' },
    overrides: { duration: { epochs }, learningRate, schedule: 'poly', valSize: { mode: 'native' } },
  });
  const run = new RunFolder(folder);
  await run.create(config);
  await saveModel(run.best, { config: config.model, weights });

  const { classes } = await openDataset(data, 'val');
  const seconds = (iteration: number) => (iteration * 0.031).toFixed(3);
  const lossAt = (done: number) => (0.15 + 1.8 * Math.exp(-7 * done)) * (1 + 0.35 * stream.normal());
  await run.log.start(() => true);
  let rows = '';
  for (let i = 1; i <= iterations; i++) {
    const done = i / iterations;
    const loss = Math.abs(lossAt(done));
    const rate = learningRate * (1 - done) ** 0.9;
    rows += `${i},${Math.ceil(i / trainImages)},${loss},${rate},${seconds(i)},train_${String(i % trainImages).padStart(6, '0')}\n`;
  }
  await writeFileAtomic(run.log.file, ['iteration,epoch,loss,learning_rate,elapsed_s,ids\n', rows]);
  const matrix = new ConfusionMatrix(classes.length);
  matrix.images = valImages;
  for (let i = 0; i < classes.length; i++) {
    const all = i === 0 ? 2_400_000 : 60_000 + Math.round(90_000 * stream.uniform());
    let left = all;
    for (let j = 0; j < classes.length; j++) {
      if (j === i) continue;
      const wrong = Math.round(all * 0.09 * stream.uniform() ** 3);
      matrix.counts[i * classes.length + j] = wrong;
      left -= wrong;
    }
    matrix.counts[i * classes.length + i] = left;
  }
  const metrics = metricsOf(matrix, classes);
  await writeJson(run.bestMetrics, metrics);
  const curve = Array.from(
    { length: epochs },
    (_, i) => 1 - Math.exp((-4 * (i + 1)) / epochs) + 0.02 * stream.normal(),
  );
  const top = Math.max(...curve);
  await run.validations.start(() => true);
  for (const [i, value] of curve.entries()) {
    const { pixelAccuracy, meanAccuracy, meanIoU, fwIoU } = metrics;
    const scores = [pixelAccuracy, meanAccuracy, meanIoU, fwIoU].map((score) => (score * value) / top);
    run.validations.append([(i + 1) * trainImages, ...scores]);
  }
  const best = { iteration: (curve.indexOf(top) + 1) * trainImages, meanIoU: metrics.meanIoU };
  const took = { seconds: Number(seconds(iterations)), peakMemoryBytes: 1.4 * 2 ** 30 };
  await writeJson(run.summary, { iterations, ...took, best });
  return run;
}
