import { existsSync } from 'node:fs';
import type { Dataset } from '../datasets/dataset.ts';
import { writeFileAtomic } from '../files.ts';
import { withSegmenter } from '../predict/segmenter.ts';
import { fixedSize } from '../train/recipes.ts';
import type { RunConfig } from '../train/run-config.ts';
import { metricColumns, type RunFolder } from '../train/run-folder.ts';
import { loadModel } from '../weights/model-file.ts';
import { renderReport } from './page.ts';
import type { Example, Stage, ValidationRow } from './report-input.ts';

/** Images in the gallery. */
const exampleCount = 6;

/**
 * Writes the report of one run, or of several that were trained one from another (the last is the result).
 * @param valSet where the gallery's images come from; without it there is no gallery
 */
export async function writeRunReport(
  stages: readonly { name: string; run: RunFolder }[],
  file: string,
  valSet: Dataset | undefined,
): Promise<void> {
  const { run } = stages.at(-1)!;
  const config = await run.readConfig();
  const metrics = await run.readBestMetrics();
  const { command, version, ...settings } = config;
  const html = renderReport({
    title: `${config.model.model} on ${config.data}`,
    command,
    config: { fcn: version, ...settings },
    classes: config.model.classes,
    stages: await Promise.all(stages.map(readStage)),
    ...(metrics && { metrics }),
    examples: valSet && existsSync(run.best) ? await predictExamples(run, config, valSet) : [],
  });
  await writeFileAtomic(file, [html]);
}

async function readStage({ name, run }: { name: string; run: RunFolder }): Promise<Stage> {
  const log = (await run.log.rows()).map(([iteration, , loss, learningRate, elapsedSeconds]) => ({
    iteration: Number(iteration),
    loss: Number(loss),
    learningRate: Number(learningRate),
    elapsedSeconds: Number(elapsedSeconds),
  }));
  const validations = (await run.validations.rows()).map(([iteration, ...values]) => {
    const metrics = metricColumns.map((metric, i) => [metric, Number(values[i])]);
    return { iteration: Number(iteration), ...Object.fromEntries(metrics) } as ValidationRow;
  });
  return { name, log, validations };
}

/** Images from all over the validation split, with what the best weights make of them. */
async function predictExamples(
  run: RunFolder,
  { threads, valSize }: RunConfig,
  valSet: Dataset,
): Promise<Example[]> {
  return withSegmenter(await loadModel(run.best), { threads }, async (segmenter) => {
    const count = Math.min(exampleCount, valSet.ids.length);
    const examples: Example[] = [];
    for (let i = 0; i < count; i++) {
      const { id, image, label } = await valSet.load(Math.floor((i * valSet.ids.length) / count));
      const prediction = await segmenter.segment(image, fixedSize(valSize));
      examples.push({ id, image, truth: label, prediction });
    }
    return examples;
  });
}
