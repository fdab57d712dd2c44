import type { LogRow, Stage } from './report-input.ts';

/** Curves over the iterations of all stages, one after the other. The arrays of a curve have the same length. */
export interface Curves {
  loss: { iteration: number[]; loss: (number | null)[]; smoothed: (number | null)[] };
  validation: {
    iteration: number[];
    meanIoU: number[];
    meanAccuracy: number[];
    pixelAccuracy: number[];
    fwIoU: number[];
  };
  /** Where each stage begins. */
  stages: { name: string; start: number }[];
  /** Where the last one ends. */
  end: number;
}

/** More points than this cannot be told apart on a screen. */
const maxPoints = 2000;

/** The curves of a run, the loss with at most 2000 points. A loss that is not finite becomes a gap (null). */
export function curvesOf(stages: Stage[]): Curves {
  const total = stages.reduce((sum, stage) => sum + stage.log.length, 0);
  // Two points a group, and each stage may end with a group that is not full.
  const groupSize = total > maxPoints ? Math.ceil((2 * total) / (maxPoints - 2 * stages.length)) : 1;
  const curves: Curves = {
    loss: { iteration: [], loss: [], smoothed: [] },
    validation: { iteration: [], meanIoU: [], meanAccuracy: [], pixelAccuracy: [], fwIoU: [] },
    stages: [],
    end: 0,
  };
  for (const { name, log, validations } of stages) {
    const start = curves.end;
    curves.stages.push({ name, start });
    const smoothed = smooth(log.map((row) => row.loss));
    for (const index of extremes(log, groupSize)) {
      curves.loss.iteration.push(start + log[index]!.iteration);
      curves.loss.loss.push(finiteOrNull(log[index]!.loss));
      curves.loss.smoothed.push(smoothed[index]!);
    }
    for (const { iteration, ...metrics } of validations) {
      curves.validation.iteration.push(start + iteration);
      curves.validation.meanIoU.push(metrics.meanIoU);
      curves.validation.meanAccuracy.push(metrics.meanAccuracy);
      curves.validation.pixelAccuracy.push(metrics.pixelAccuracy);
      curves.validation.fwIoU.push(metrics.fwIoU);
    }
    curves.end += Math.max(log.at(-1)?.iteration ?? 0, validations.at(-1)?.iteration ?? 0);
  }
  return curves;
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

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
