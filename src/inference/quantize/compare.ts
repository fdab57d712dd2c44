import { allocate } from '../../base/tensor.ts';
import { pixelTensor } from '../../data/batches/batch.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { labelsOf } from '../../data/datasets/labelings.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import { headsOf } from '../../networks/class-heads.ts';
import type { Model } from '../../weights/model.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { matchHeads } from '../evaluate/match-heads.ts';
import { JointScorer } from '../metrics/joint-scorer.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { loadSegmenter } from '../predict/load-segmenter.ts';

export interface Comparison {
  readonly float: Metrics;
  readonly quantized: Metrics;
  /** The fraction of all pixels, void ones too, to which both give the same class, by every head that is scored. */
  readonly agreement: number;
}

/**
 * Scores a network and what `quantize` made of it on a split of a data set, by every head that the data have labels for.
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
  const matches = matchHeads(model.config, dataset);
  const heads = matches.map(({ head }) => ({
    head,
    output: `classes${headsOf(model.config)[head]!.suffix}`,
  }));
  const scorer = new JointScorer(matches);
  let same = 0;
  let pixels = 0;
  const session = await runtime.createSession(file, options);
  const segmenter = await loadSegmenter(runtime, model, options);
  try {
    const float = await evaluate({
      segmenter,
      dataset,
      onProgress,
      async onPrediction(id, sample, _, ofHeads) {
        const { width, height } = sample.image;
        const maps = heads.map(({ output }) => [output, allocate('uint8', [1, height, width])] as const);
        await session.run({ image: pixelTensor(sample.image) }, Object.fromEntries(maps));
        const predictions = maps.map(([, { data }]) => ({ width, height, data }));
        const truths = labelsOf(sample);
        scorer.add(
          id,
          matches.map(({ labeling }) => truths[labeling]!),
          predictions,
        );
        const floats = heads.map(({ head }) => ofHeads[head]!.data);
        for (let i = 0; i < width * height; i++) {
          if (predictions.every(({ data }, k) => data[i] === floats[k]![i])) same++;
        }
        pixels += width * height;
      },
    });
    return { float, quantized: scorer.metrics(), agreement: same / pixels };
  } finally {
    await Promise.all([session.release(), segmenter.release()]);
  }
}
