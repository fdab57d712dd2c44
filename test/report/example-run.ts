import { ConfusionMatrix } from '../../src/metrics/confusion-matrix.ts';
import { metricsOf } from '../../src/metrics/metrics.ts';
import type { ReportInput, Stage } from '../../src/report/report-input.ts';

/** Every text of the report tries to break out of its place in the page. */
export const hostile = `</script><script>document.title = 'broken'</script><b title="x" title='y'>&amp;`;

export function stageOf(name: string, losses: number[], validateAt: number[] = []): Stage {
  return {
    name,
    log: losses.map((loss, i) => ({ iteration: i + 1, loss, learningRate: 1e-4, elapsedSeconds: i + 1 })),
    validations: validateAt.map((iteration) => ({
      iteration,
      pixelAccuracy: 0.8,
      meanAccuracy: 0.7,
      meanIoU: 0.6,
      fwIoU: 0.75,
    })),
  };
}

/** A small run of two stages with hostile names. */
export function exampleRun(): ReportInput {
  const truth = Uint8Array.from([0, 1, 255, 1]);
  const prediction = Uint8Array.from([0, 1, 1, 0]);
  const matrix = new ConfusionMatrix(3);
  matrix.add(truth, prediction);
  const classes = ['background', hostile, 'absent'];
  const size = { width: 2, height: 2 };
  return {
    title: `Title ${hostile}`,
    command: `fcn train ${hostile}`,
    config: { model: 'fcn8s', input: { mean: [1, 2, 3], [hostile]: hostile }, crop: null },
    classes,
    stages: [stageOf(hostile, [4, 3, 2], [3]), stageOf('fcn16s', [2, 1], [2])],
    metrics: metricsOf(matrix, classes),
    examples: [
      {
        id: hostile,
        image: { ...size, data: new Uint8Array(12).fill(128) },
        truth: { ...size, data: truth },
        prediction: { ...size, data: prediction },
      },
    ],
  };
}
