import { vocPalette } from '../../data/images/palette.ts';
import type { RunConfig } from '../../training/run-config.ts';
import { metricColumns, type RunFolder } from '../../training/run-folder.ts';
import { curvesOf, type StageLog, type ValidationRow, validationOf } from './curves.ts';
import type { RunData, StageData } from './report-data.ts';

/** A training whose report is wanted: one run, or several that start from one another. */
export interface RunSource {
  /** What the report calls it. */
  readonly name: string;
  readonly stages: readonly { readonly name: string; readonly run: RunFolder }[];
}

/** What the files of a run say, as far as they are there. @throws FcnError when config.json is missing or not ours. */
export async function readRunData({ name, stages }: RunSource): Promise<RunData> {
  const seen = new Set<string>();
  const read = await Promise.all(stages.map((stage) => readStage(stage, seen)));
  const { run } = stages.at(-1)!;
  const config = await run.readConfig();
  // A report is passed on: where its maker keeps data is nobody's business.
  const { directory: _, dataDigests: __, ...settings } = config;
  const { model } = config;
  const logs = read.map(({ log }) => log);
  const metrics = (await run.readBestMetrics()) ?? null;
  const heads = model.heads?.map(({ name: head, classes }) => ({
    name: head,
    classes: withColors(classes),
    metrics: metrics?.heads?.[head] ?? null,
    validation: validationOf(logs, ({ ofHeads }) => ofHeads?.get(head) ?? []),
  }));
  return {
    name,
    model: model.model,
    data: config.data,
    trainSplit: config.trainSplit,
    valSplit: config.valSplit,
    trainImages: seen.size || null,
    command: config.command,
    config: settings,
    classes: withColors(model.classes),
    stages: read.map(({ stage }) => stage),
    curves: curvesOf(logs),
    metrics,
    ...(heads && { heads }),
  };
}

function withColors(classes: readonly string[]): RunData['classes'] {
  const palette = vocPalette();
  return classes.map((name, label) => ({ name, color: hexOf(palette[label]!) }));
}

/** @param seen takes the ids of the images that were trained on */
async function readStage(
  { name, run }: RunSource['stages'][number],
  seen: Set<string>,
): Promise<{ stage: StageData; log: StageLog }> {
  const [config, summary, rows] = await Promise.all([run.readConfig(), run.readSummary(), run.log.rows()]);
  for (const row of rows) for (const id of row[5]!.split(' ')) seen.add(id);
  const log = rows.map(([iteration, , loss, learningRate]) => ({
    iteration: Number(iteration),
    loss: Number(loss),
    learningRate: Number(learningRate),
  }));
  const [first, ...others] = (config.model.heads ?? []).map(({ name: head }) => head);
  const validations = await readValidations(run);
  const ofOthers = await Promise.all(
    others.map(async (head) => [head, await readValidations(run, `${head}.`)] as const),
  );
  const ofHeads = first !== undefined && { ofHeads: new Map([[first, validations], ...ofOthers]) };
  const iterations = log.at(-1)?.iteration ?? 0;
  const rates = [log.at(0), log.at(-1)].flatMap((row) => (row ? [row.learningRate] : []));
  const stage = {
    name,
    iterations,
    plannedIterations: config.iterations,
    finished: summary?.iterations === config.iterations || summary?.outOfPatience === true,
    epoch: Number(rows.at(-1)?.[1] ?? 0),
    images: iterations * imagesEach(config),
    seconds: Math.max(summary?.seconds ?? 0, Number(rows.at(-1)?.[4] ?? 0)),
    peakMemoryBytes: summary?.peakMemoryBytes ?? null,
    learningRates: [...new Set(rates)],
    best: bestOf(validations),
  };
  return { stage, log: { name, log, validations, ...ofHeads } };
}

/** @param prefix of the columns of a further head */
async function readValidations(run: RunFolder, prefix = ''): Promise<ValidationRow[]> {
  const { columns } = run.validations;
  return (await run.validations.rows()).map((cells) => {
    const metrics = metricColumns.map((name) => [name, Number(cells[columns.indexOf(prefix + name)])]);
    return { iteration: Number(cells[0]), ...Object.fromEntries(metrics) } as ValidationRow;
  });
}

/** The first of the highest. */
function bestOf(validations: readonly ValidationRow[]): StageData['best'] {
  if (validations.length === 0) return null;
  const { iteration, meanIoU } = validations.reduce((best, row) => (row.meanIoU > best.meanIoU ? row : best));
  return { iteration, meanIoU };
}

/** Images of one iteration. */
function imagesEach({ batchSize, accumulate }: RunConfig): number {
  return batchSize * accumulate;
}

/** `#rrggbb`. */
export function hexOf(color: readonly number[]): string {
  return `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
