import type { Curves } from './report-data.ts';

/** One row of log.csv. */
export interface LogRow {
  /** Counted from 1 in each stage. */
  iteration: number;
  loss: number;
  learningRate: number;
}

/** One row of val.csv; fractions from 0 to 1. */
export interface ValidationRow {
  iteration: number;
  pixelAccuracy: number;
  meanAccuracy: number;
  meanIoU: number;
  fwIoU: number;
}

/** What the logs of one stage say. */
export interface StageLog {
  name: string;
  log: LogRow[];
  validations: ValidationRow[];
  /** Of a network with several heads: the validations of each, the first included. */
  ofHeads?: ReadonlyMap<string, ValidationRow[]>;
}

/** More points than this cannot be told apart on a screen. */
const maxPoints = 2000;

/** The curves of a run, the loss with at most 2000 points. A loss that is not finite becomes a gap (null). */
export function curvesOf(stages: readonly StageLog[]): Curves {
  const total = stages.reduce((sum, stage) => sum + stage.log.length, 0);
  // Two points a group, and each stage may end with a group that is not full.
  const groupSize = total > maxPoints ? Math.ceil((2 * total) / (maxPoints - 2 * stages.length)) : 1;
  const curves: Curves = {
    loss: { iteration: [], loss: [], smoothed: [], learningRate: [] },
    validation: validationOf(stages, ({ validations }) => validations),
    stages: [],
    end: 0,
  };
  for (const { name, log, validations } of stages) {
    const start = curves.end;
    curves.stages.push({ name, start });
    const smoothed = smooth(log.map((row) => row.loss));
    for (const index of extremes(log, groupSize)) {
      curves.loss.iteration.push(start + log[index]!.iteration);
      curves.loss.loss.push(rounded(log[index]!.loss));
      curves.loss.smoothed.push(rounded(smoothed[index]!));
      curves.loss.learningRate.push(log[index]!.learningRate);
    }
    curves.end += lengthOf({ log, validations });
  }
  return curves;
}

/** The scores of one head over the iterations of all stages. @param rowsOf those of a stage */
export function validationOf(
  stages: readonly StageLog[],
  rowsOf: (stage: StageLog) => readonly ValidationRow[],
): Curves['validation'] {
  const curve: Curves['validation'] = {
    ...{ iteration: [], meanIoU: [], meanAccuracy: [], pixelAccuracy: [], fwIoU: [] },
  };
  let start = 0;
  for (const stage of stages) {
    for (const { iteration, ...metrics } of rowsOf(stage)) {
      curve.iteration.push(start + iteration);
      curve.meanIoU.push(metrics.meanIoU);
      curve.meanAccuracy.push(metrics.meanAccuracy);
      curve.pixelAccuracy.push(metrics.pixelAccuracy);
      curve.fwIoU.push(metrics.fwIoU);
    }
    start += lengthOf(stage);
  }
  return curve;
}

/** Iterations of a stage. */
function lengthOf({ log, validations }: Pick<StageLog, 'log' | 'validations'>): number {
  return Math.max(log.at(-1)?.iteration ?? 0, validations.at(-1)?.iteration ?? 0);
}

/**
 * Exponential moving average over about a thirtieth of the values, corrected for its start (Kingma and Ba 2015,
 * section 3), so that it begins at the first value rather than at 0. Values that are not finite are passed over.
 */
export function smooth(values: number[]): (number | null)[] {
  const decay = 1 - 1 / Math.max(1, values.length / 30);
  let average = 0;
  let weight = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      average = decay * average + (1 - decay) * value;
      weight = decay * weight + (1 - decay);
    }
    return weight > 0 ? average / weight : null;
  });
}

/** Indices that stand for a long log: of each group of rows the lowest and the highest loss, so that no spike is lost. */
function extremes(log: LogRow[], groupSize: number): number[] {
  const kept: number[] = [];
  const lossAt = (index: number) => log[index]!.loss;
  for (let begin = 0; begin < log.length; begin += groupSize) {
    let low = begin;
    let high = begin;
    for (let i = begin; i < Math.min(begin + groupSize, log.length); i++) {
      if (!Number.isFinite(lossAt(i))) continue;
      if (!Number.isFinite(lossAt(low)) || lossAt(i) < lossAt(low)) low = i;
      if (!Number.isFinite(lossAt(high)) || lossAt(i) > lossAt(high)) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  return kept;
}

/** As many digits as a curve shows. */
function rounded(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
