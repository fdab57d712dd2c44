import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { expectRefused, folderOf, jpeg } from './annotated.ts';

const photo = await jpeg(4, 6);
const left = [0, 0, 3, 0, 3, 4, 0, 4];

/** A file of three images, of which the annotations name these images and categories. */
async function specOf(annotations: readonly [image: unknown, category: unknown][]): Promise<string> {
  const content = {
    images: [1, 2, 3].map((id) => ({ id, file_name: `${id}.jpg`, width: 6, height: 4 })),
    annotations: annotations.map(([image_id, category_id]) => ({
      image_id,
      category_id,
      segmentation: [left],
    })),
    categories: [{ id: 5, name: 'dog' }],
  };
  const images = { '1.jpg': photo, '2.jpg': photo, '3.jpg': photo };
  return `coco:${await folderOf({ 'anno.json': content, ...images })}/anno.json`;
}

async function look(
  spec: string,
): Promise<{ ids: string[]; warnings: readonly string[]; problems: string[] }> {
  const [ids, problems, warnings] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const split of await splitsOf(spec)) {
    // Of few images that can be used, one split may have none.
    const opening = openDataset(spec, split, ({ message }) => problems.add(message));
    const dataset = await opening.catch(() => ({ ids: [], warnings: [] }));
    for (const id of dataset.ids) ids.add(id);
    for (const warning of dataset.warnings ?? []) warnings.add(warning);
  }
  return { ids: [...ids].sort(), warnings: [...warnings], problems: [...problems] };
}

describe('the ids in a COCO file', () => {
  it('are no matter of words where all are known, as text or as numbers', async () => {
    const spec = await specOf([[1, 5], ['2', '5'], [3, 5]]); // biome-ignore format: short
    expect(await look(spec)).toEqual({ ids: ['1', '2', '3'], warnings: [], problems: [] });
  });

  it('say which annotations are lost, and which images count as background', async () => {
    const { ids, warnings, problems } = await look(await specOf([[1, 5], [2, 5], [17, 5], [18, 5], [17, 5]])); // biome-ignore format: short
    expect(ids).toEqual(['1', '2', '3']);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^left out: 3 annotations for images that .* does not list \(image_id 17, 18\)/),
      expect.stringMatching(
        /^1 of 3 images in .* have no annotation, so all of each counts as background: 3\.jpg/,
      ),
    ]);
  });

  it('are refused where they fit no image: all would be background', async () => {
    await expectRefused(
      await specOf([[0, 5], [17, 5]]),
      '1',
      /got 2 annotations \(image_id 0, 17\), none of them for an image that it lists \(id 1, 2, 3\), expected the same ids/,
    ); // biome-ignore format: short
  });

  it('are refused once for all images whose annotations have unknown categories', async () => {
    const spec = await specOf([[1, 0], [2, 5], [3, 7], [3, 7]]); // biome-ignore format: short
    const { ids, problems } = await look(spec);
    expect(ids).toEqual(['2']);
    expect(problems).toEqual([
      expect.stringMatching(
        /annotations\.0: got category_id 0, 7, expected the id of one of the categories \(5\); 3 annotations of 2 images/,
      ),
    ]);
  });
});
