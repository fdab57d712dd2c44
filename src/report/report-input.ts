import type { LabelImage, RgbImage } from '../images/image.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** One row of log.csv. */
export interface LogRow {
  /** Counted from 1 in each stage. */
  iteration: number;
  loss: number;
  learningRate: number;
  elapsedSeconds: number;
}

/** One row of val.csv; fractions from 0 to 1. */
export interface ValidationRow {
  iteration: number;
  pixelAccuracy: number;
  meanAccuracy: number;
  meanIoU: number;
  fwIoU: number;
}

/** One training run; several follow each other when FCN-16s starts from FCN-32s, and FCN-8s from that. */
export interface Stage {
  name: string;
  log: LogRow[];
  validations: ValidationRow[];
}

/** An image with what it should be and what the network made of it, all of one size. */
export interface Example {
  id: string;
  image: RgbImage;
  truth: LabelImage;
  prediction: LabelImage;
}

/** All that a report shows. */
export interface ReportInput {
  /** What was trained on what, in a line. */
  title: string;
  /** The command that repeats the run. */
  command: string;
  /** Settings by name; nested objects are shown with dotted names. */
  config: Record<string, unknown>;
  /** Class names; the index is the class number. */
  classes: readonly string[];
  stages: Stage[];
  /** Scores of the final weights, if they were evaluated. */
  metrics?: Metrics;
  examples: Example[];
}
