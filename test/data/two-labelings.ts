import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { joinLabelings } from '../../src/data/datasets/labelings.ts';
import { openDataset } from '../../src/data/datasets/open.ts';
import { ignoreLabel, type LabelImage } from '../../src/data/images/image.ts';

/** Drawn shapes with a second labeling: ground, and above or below the middle; void pixels are its own. */
export async function twoLabelings(spec: string, split: string): Promise<Dataset> {
  const shapes = await openDataset(spec, split);
  const placeOf = ({ width, height, data }: LabelImage): LabelImage => ({
    ...{ width, height },
    data: data.map((label, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (label === 0) return (x + y) % 7 === 0 ? ignoreLabel : 0;
      return y < height / 2 ? 1 : 2;
    }),
  });
  const places: Dataset = {
    ...shapes,
    classes: ['ground', 'above', 'below'],
    load: async (index) => {
      const { label, ...rest } = await shapes.load(index);
      return { ...rest, label: placeOf(label) };
    },
    loadLabel: async (index) => placeOf(await shapes.loadLabel(index)),
  };
  return joinLabelings(
    `${spec} ${split}, two labelings`,
    new Map([
      ['shape', shapes],
      ['place', places],
    ]),
  );
}
