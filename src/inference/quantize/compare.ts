import { allocate } from '../../base/tensor.ts';
import { pixelTensor } from '../../data/batches/batch.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import type { Model } from '../../weights/model.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { ConfusionMatrix } from '../metrics/confusion-matrix.ts';
import { type Metrics, metricsOf } from '../metrics/metrics.ts';
import { loadSegmenter } from '../predict/load-segmenter.ts';

export interface Comparison {
  readonly float: Metrics;
  readonly quantized: Metrics;
  /** The fraction of all pixels, void ones too, to which both give the same class. */
  readonly agreement: number;
}

/**
 * Scores a network and what `quantize` made of it on a split of a data set.
 * @param file the bytes of the ONNX file
 * @throws as `evaluate`
 */
export async function compare(
  model: Model,
  file: Uint8Array,
  dataset: Dataset,
  runtime: Runtime,
  options: SessionOptions,
  onProgress: (done: number) => void,
): Promise<Comparison> {
  const matrix = new ConfusionMatrix(model.config.numClasses);
  let same = 0;
  let pixels = 0;
  const session = await runtime.createSession(file, options);
  const segmenter = await loadSegmenter(runtime, model, options);
  try {
    const float = await evaluate({
      segmenter,
      dataset,
      onProgress,
      async onPrediction(_, { image, label }, prediction) {
        const classes = allocate('uint8', [1, image.height, image.width]);
        await session.run({ image: pixelTensor(image) }, { classes });
        matrix.add(label.data, classes.data);
        for (let i = 0; i < classes.data.length; i++) if (classes.data[i] === prediction.data[i]) same++;
        pixels += classes.data.length;
      },
    });
    return { float, quantized: metricsOf(matrix, dataset.classes), agreement: same / pixels };
  } finally {
    await Promise.all([session.release(), segmenter.release()]);
  }
}
