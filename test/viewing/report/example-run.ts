import { ConfusionMatrix } from '../../../src/inference/metrics/confusion-matrix.ts';
import { metricsOf } from '../../../src/inference/metrics/metrics.ts';
import { curvesOf, type StageLog } from '../../../src/viewing/report/curves.ts';
import { errorAddress, imageAddress, labelAddress } from '../../../src/viewing/report/pictures.ts';
import type { ReportData, RunData, StageData } from '../../../src/viewing/report/report-data.ts';

/** Every text of the report tries to break out of its place in the page. */
export const hostile = `</script><script>document.title = 'broken'</script><b title="x" title='y'>&amp;`;

export function stageOf(name: string, losses: number[], validateAt: number[] = []): StageLog {
  return {
    name,
    log: losses.map((loss, i) => ({ iteration: i + 1, loss, learningRate: 1e-4 })),
    validations: validateAt.map((iteration) => ({
      iteration,
      pixelAccuracy: 0.8,
      meanAccuracy: 0.7,
      meanIoU: 0.6,
      fwIoU: 0.75,
    })),
  };
}

function stageFacts({ name, log, validations }: StageLog): StageData {
  return {
    name,
    iterations: log.length,
    plannedIterations: log.length,
    finished: true,
    epoch: 1,
    images: log.length,
    seconds: 90,
    peakMemoryBytes: 2 ** 30,
    learningRates: [1e-4],
    best: { iteration: validations[0]!.iteration, meanIoU: 0.6 },
  };
}

/** A run of two stages. Of four pixels one is void, one wrong. */
export function exampleRun(name: string, className: string): RunData {
  const matrix = new ConfusionMatrix(3);
  matrix.add(Uint8Array.from([0, 1, 255, 1]), Uint8Array.from([0, 1, 1, 0]));
  const stages = [stageOf(className, [4, 3, 2], [3]), stageOf('fcn16s', [2, 1], [2])];
  const names = ['background', className, 'absent'];
  return {
    name,
    model: 'fcn16s',
    data: 'shapes:',
    trainSplit: 'train',
    valSplit: 'val',
    trainImages: 5,
    command: `fcn train ${name}`,
    config: {
      model: { model: 'fcn16s', width: 1 },
      input: { mean: [1, 2, 3], [className]: className },
      crop: null,
    },
    classes: names.map((text, i) => ({ name: text, color: ['#000000', '#800000', '#008000'][i]! })),
    stages: stages.map(stageFacts),
    curves: curvesOf(stages),
    metrics: metricsOf(matrix, names),
  };
}

/** A small report with hostile names. */
export async function exampleReport(): Promise<ReportData> {
  const size = { width: 2, height: 2 };
  const truth = { ...size, data: Uint8Array.from([0, 1, 255, 1]) };
  const prediction = { ...size, data: Uint8Array.from([0, 1, 1, 0]) };
  const example = {
    id: hostile,
    ...size,
    image: await imageAddress({ ...size, data: new Uint8Array(12).fill(128) }),
    truth: labelAddress(truth),
    predictions: [
      { labels: labelAddress(prediction), errors: await errorAddress(truth, prediction), meanIoU: 0.5 },
    ],
  };
  return {
    title: `Title ${hostile}`,
    generator: 'fcn 0',
    runs: [exampleRun(hostile, hostile)],
    galleries: [
      {
        note: hostile,
        runs: [hostile],
        legend: [{ name: hostile, color: '#800000' }],
        groups: [{ name: 'Best', examples: [example] }],
      },
    ],
  };
}
