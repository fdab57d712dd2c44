import type { Dataset } from '../../data/datasets/dataset.ts';
import { datasetFor } from '../../data/datasets/for-network.ts';
import type { Image } from '../../data/images/image.ts';
import type { InputConfig } from '../../data/input-config.ts';

/** `count` images of a data set at equal distances, as a network with this preprocessing takes them. */
export async function* spacedImages(
  data: Dataset,
  input: InputConfig,
  count: number,
  onLoaded: (done: number) => void,
): AsyncGenerator<Image> {
  const dataset = await datasetFor(data, input);
  for (let i = 0; i < count; i++) {
    yield (await dataset.load(Math.floor((i * dataset.ids.length) / count))).image;
    onLoaded(i + 1);
  }
}
