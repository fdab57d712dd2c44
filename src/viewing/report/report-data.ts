import type { Metrics } from '../../inference/metrics/metrics.ts';

/**
 * All that a report shows, as JSON inside the page (`<script type="application/json" id="report-data">`). The page draws
 * itself from this object alone, and again when `window.fcnReport.update` gets a newer one.
 */
export interface ReportData {
  title: string;
  /** What wrote it: `fcn 0.1.0`. */
  generator: string;
  /** One, or several to be compared. Names differ. */
  runs: RunData[];
  galleries: GalleryData[];
}

/** A training: of one network, or of several that start from one another, of which the last is the result. */
export interface RunData {
  name: string;
  model: string;
  /** SPEC of the data set, and the splits; images that were trained on, null where the log does not tell. */
  data: string;
  trainSplit: string;
  valSplit: string;
  trainImages: number | null;
  /** The command that repeats it. */
  command: string;
  /** config.json of the last stage. */
  config: Record<string, unknown>;
  /** By class number. Colors as `#rrggbb`. */
  classes: { name: string; color: string }[];
  stages: StageData[];
  curves: Curves;
  /** Of the best weights on the validation split; null while nothing was validated. */
  metrics: Metrics | null;
  /** Of a network with several heads: what each was, and came to. Classes, metrics and curves of the run are those of the first. */
  heads?: HeadData[];
}

/** What the report says of one head. */
export interface HeadView {
  /** Empty where networks have one head. */
  readonly name: string;
  readonly data: ReportData;
}

/** One of the heads of a network. */
export interface HeadData {
  name: string;
  classes: RunData['classes'];
  metrics: Metrics | null;
  validation: Curves['validation'];
}

/** What one stage was, and came to so far. */
export interface StageData {
  name: string;
  /** Made so far, and all that it is to make. */
  iterations: number;
  plannedIterations: number;
  finished: boolean;
  epoch: number;
  /** Images the network has seen, repetitions included. */
  images: number;
  /** Training and validation. */
  seconds: number;
  /** The most that a process of the run held (resident set); null until the run has ended. */
  peakMemoryBytes: number | null;
  /** At its first and at its last iteration. */
  learningRates: number[];
  best: { iteration: number; meanIoU: number } | null;
}

/** Curves over the iterations of all stages, one after the other. The arrays of a curve have the same length. */
export interface Curves {
  /** Null where the loss was not finite. */
  loss: {
    iteration: number[];
    loss: (number | null)[];
    smoothed: (number | null)[];
    learningRate: number[];
  };
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

/** Images with what they should be and what one or more runs made of them. */
export interface GalleryData {
  /** What was scored, or why there are no images. */
  note: string;
  /** Names of the runs, in the order of each example's predictions. */
  runs: string[];
  /** Colors and names of what the label maps show. */
  legend: { name: string; color: string }[];
  /** Of networks with several heads: the names of all of them, and the legend of each. The first has the above, too. */
  heads?: { name: string; legend: GalleryData['legend'] }[];
  groups: { name: string; examples: ExampleData[] }[];
}

/** Pictures are `data:` addresses of one size. */
export interface ExampleData extends LabelingData {
  id: string;
  width: number;
  height: number;
  image: string;
  /** The same for each further head. */
  others?: LabelingData[];
}

/** What an image should be and what runs made of it. */
export interface LabelingData {
  truth: string;
  predictions: {
    labels: string;
    /** Wrong pixels in color, right ones transparent, those without truth gray. */
    errors: string;
    /** Mean IoU of this image; null where it has no truth. */
    meanIoU: number | null;
  }[];
}
