import { expect, it } from 'vitest';
import type { Dataset } from '../../../src/data/datasets/dataset.ts';
import { hidingParts } from '../../../src/data/datasets/hidden-parts.ts';

const mean = [123, 117, 104];
/** Two pixels of background, one of void, three of classes. */
const label = { width: 3, height: 2, data: Uint8Array.of(0, 0, 255, 1, 2, 20) };
const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
const dataset: Dataset = {
  ...{ name: 'own', classes: ['background', 'cat'], ids: ['a'], imageSource: () => 'own' },
  load: async () => ({ id: 'a', image, label }),
  loadLabel: async () => label,
};

it.each([
  ['foreground', [0, 0, 1, 1, 1, 1]],
  ['background', [1, 1, 1, 0, 0, 0]],
] as const)(
  'hides the %s and what is void under the mean color, and nothing else',
  async (part, isHidden) => {
    const sample = await hidingParts(dataset, part).load(0);
    const expected = isHidden.flatMap((hidden, i) =>
      hidden ? mean : [...image.data.subarray(3 * i, 3 * i + 3)],
    );
    expect([...sample.image.data]).toEqual(expected);
    expect(sample.label).toEqual(label);
    expect(image.data[0]).toBe(0);
  },
);

it('leaves the shapes where both are hidden: white on the mean color', async () => {
  const sample = await hidingParts(dataset, 'both').load(0);
  const white = [255, 255, 255];
  expect([...sample.image.data]).toEqual([mean, mean, mean, white, white, white].flat());
});
