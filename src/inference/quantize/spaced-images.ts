import type { Dataset } from '../../data/datasets/dataset.ts';
import type { RgbImage } from '../../data/images/image.ts';

/** `count` images of a data set at equal distances. */
export async function* spacedImages(
  dataset: Dataset,
  count: number,
  onLoaded: (done: number) => void,
): AsyncGenerator<RgbImage> {
  for (let i = 0; i < count; i++) {
    yield (await dataset.load(Math.floor((i * dataset.ids.length) / count))).image;
    onLoaded(i + 1);
  }
}
