import type { Image } from '../../../src/data/images/image.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import type { Model } from '../../../src/weights/model.ts';

/** Moves the scores of a random network so that no class is above the others everywhere in an image like this. */
export async function balanceClasses(network: Model, image: Image): Promise<void> {
  const segmenter = await createSegmenter(network, { threads: 1 });
  const { data } = await segmenter.scores(image);
  await segmenter.release();
  const pixels = image.width * image.height;
  const bias = network.weights.get('score_fr.bias')!.data;
  for (let c = 0; c < bias.length; c++) {
    bias[c]! -= data.subarray(c * pixels, (c + 1) * pixels).reduce((sum, score) => sum + score / pixels, 0);
  }
}
