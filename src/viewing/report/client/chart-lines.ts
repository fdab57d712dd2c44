import type { RunData } from '../report-data.ts';
import type { Elements } from './elements.ts';

export interface Line {
  readonly label: string;
  readonly x: number[];
  readonly y: (number | null)[];
  /** A variable of the style sheet. */
  readonly color: string;
  readonly width: number;
  readonly dash?: number[];
  /** The dash in the legend. */
  readonly marker?: 'dashed' | 'dotted';
  readonly points?: boolean;
  readonly steps?: boolean;
  /** Only there as the ground of another line: not read out. */
  readonly faint?: boolean;
}

export interface Chart {
  readonly name: string;
  readonly lines: Line[];
  readonly format: (value: number | null | undefined) => string;
  readonly logarithmic?: boolean;
  /** Fraction of 1: the axis begins at 0. */
  readonly fraction?: boolean;
}

/** What each chart shows of the runs: its lines, and how its numbers are written. */
export function createChartLines({ percent, decimal, scientific }: Elements) {
  function lossLines(runs: readonly RunData[], logarithmic: boolean): Line[] {
    return runs.flatMap(({ name, curves: { loss } }, i): Line[] => {
      const several = runs.length > 1;
      // A logarithmic scale has no place for zero.
      const drawable = (values: Line['y']) =>
        values.map((value) => (logarithmic && value !== null && value <= 0 ? null : value));
      const color = `--run-${(i % 4) + 1}`;
      const [x, of] = [loss.iteration, several ? ` ${name}` : ''];
      return [
        { label: `loss${of}`, x, y: drawable(loss.loss), color: `${color}-faint`, width: 1, faint: true },
        { label: `${several ? name : 'smoothed'}`, x, y: drawable(loss.smoothed), color, width: 2 },
      ];
    });
  }

  function rateLines(runs: readonly RunData[]): Line[] {
    return runs.map(({ name, curves: { loss } }, i) => ({
      label: runs.length > 1 ? name : 'learning rate',
      ...{ x: loss.iteration, y: loss.learningRate, color: `--run-${(i % 4) + 1}`, width: 2, steps: true },
    }));
  }

  function validationLines(runs: readonly RunData[]): Line[] {
    if (runs.length > 1) {
      return runs.map(({ name, curves: { validation } }, i) => ({
        label: name,
        ...{ x: validation.iteration, y: validation.meanIoU, color: `--run-${(i % 4) + 1}` },
        ...{ width: 2, points: true },
      }));
    }
    const { validation } = runs[0]!.curves;
    const line = (
      label: string,
      y: number[],
      color: string,
      width: number,
      marker?: Line['marker'],
    ): Line => ({
      ...{ label, x: validation.iteration, y, color, width, points: validation.iteration.length < 40 },
      ...(marker && { marker, dash: marker === 'dashed' ? [6, 4] : [2, 3] }),
    });
    return [
      line('mean IoU', validation.meanIoU, '--run-1', 2.5),
      line('pixel accuracy', validation.pixelAccuracy, '--quiet-1', 1.5),
      line('mean accuracy', validation.meanAccuracy, '--quiet-2', 1.5, 'dashed'),
      line('fw IoU', validation.fwIoU, '--quiet-2', 1.5, 'dotted'),
    ];
  }

  return {
    loss: (runs: readonly RunData[], logarithmic: boolean): Chart => ({
      name: 'Loss',
      lines: lossLines(runs, logarithmic),
      format: decimal,
      logarithmic,
    }),
    learningRate: (runs: readonly RunData[]): Chart => ({
      name: 'Learning rate',
      lines: rateLines(runs),
      format: scientific,
    }),
    validation: (runs: readonly RunData[]): Chart => ({
      name: runs.length > 1 ? 'Mean IoU on the validation split' : 'Scores on the validation split',
      lines: validationLines(runs),
      format: percent,
      fraction: true,
    }),
  };
}
