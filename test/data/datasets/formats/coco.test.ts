import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { classesOf, expectRefused, folderOf, jpeg, labelRows } from './annotated.ts';

const photo = await jpeg(4, 6);
const image = { id: 7, file_name: 'a.jpg', width: 6, height: 4 };
const categories = [
  { id: 90, name: 'tree' },
  { id: 3, name: 'dog' },
];

const coco = (annotations: object[], changes: object = {}) => ({
  info: { description: 'a "quoted" [text] with a \\' },
  images: [image],
  annotations: annotations.map((one) => ({ image_id: 7, ...one })),
  categories,
  ...changes,
});

async function specOf(content: unknown): Promise<string> {
  return `coco:${await folderOf({ 'anno.json': content, 'a.jpg': photo })}/anno.json`;
}

// A left half, and a hole that a second ring does not make: rings add up.
const left = [0, 0, 3, 0, 3, 4, 0, 4];

describe('coco:', () => {
  it('draws polygons of several rings, and runs, later ones above', async () => {
    const spec = await specOf(
      coco([
        { category_id: 3, segmentation: [left, [5, 0, 6, 0, 6, 4, 5, 4]], iscrowd: 0 },
        // Column by column: 4 pixels outside, 2 inside, the rest outside.
        { category_id: 90, segmentation: { counts: [4, 2, 18], size: [4, 6] }, iscrowd: 1 },
        { category_id: 3, segmentation: [] },
      ]),
    );
    expect(await classesOf(spec)).toEqual(['background', 'dog', 'tree']);
    expect(await labelRows(spec, 'a')).toEqual(['121001', '121001', '111001', '111001']);
  });

  it("takes the category called background for class 0, as labelme2coco's", async () => {
    const changes = { categories: [{ id: 0, name: '_background_' }, ...categories] };
    const spec = await specOf(coco([{ category_id: 0, segmentation: [left] }], changes));
    expect(await classesOf(spec)).toEqual(['_background_', 'dog', 'tree']);
  });

  it('finds images and the other splits as COCO and Roboflow lay them out', async () => {
    const part = (x: number) => coco([{ category_id: 3, segmentation: [[x, 0, x + 1, 0, x + 1, 4, x, 4]] }]);
    const folder = await folderOf({
      'annotations/instances_train2017.json': part(0),
      'annotations/instances_val2017.json': part(5),
      'train2017/a.jpg': photo,
      'val2017/a.jpg': photo,
    });
    const spec = `coco:${folder}/annotations/instances_val2017.json`;
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    expect((await openDataset(spec, 'val')).imageSource(0)).toContain('val2017');
    expect((await labelRows(spec, 'a', 'train'))[0]).toBe('100000');
    expect((await labelRows(spec, 'a', 'val'))[0]).toBe('000001');
    const roboflow = await folderOf({
      'train/_annotations.coco.json': part(0),
      'train/a.jpg': photo,
      'valid/_annotations.coco.json': part(5),
      'valid/a.jpg': photo,
    });
    expect((await labelRows(`coco:${roboflow}/train/_annotations.coco.json`, 'a', 'val'))[0]).toBe('000001');
  });

  it('reads panoptic files: pixels of no segment are void, and there is no background', async () => {
    const ids = [0, 1, 256, 65536 * 2 + 3, 1, 1];
    const png = encode({
      width: 6,
      height: 4,
      channels: 3,
      depth: 8,
      data: Uint8Array.from(
        [ids, ids, ids, ids].flat().flatMap((id) => [id % 256, (id >> 8) % 256, id >> 16]),
      ),
    });
    const segments = (category: number) => [
      { id: 1, category_id: 3 },
      { id: 256, category_id: 90 },
      { id: 131075, category_id: category },
    ];
    const filesFor = (category: number) => ({
      'panoptic.json': coco([{ file_name: 'a.png', segments_info: segments(category) }]),
      'panoptic/a.png': png,
      'input/a.jpg': photo,
    });
    const spec = `coco:${await folderOf(filesFor(90))}/panoptic.json`;
    expect(await classesOf(spec)).toEqual(['dog', 'tree']);
    expect(await labelRows(spec, 'a')).toEqual(Array(4).fill('?01100'));
    const unknown = `coco:${await folderOf(filesFor(4))}/panoptic.json`;
    await expectRefused(unknown, 'a', /panoptic\.json: annotations\.0: got category_id 4/);
  });

  it.each([
    ['a file that is cut off', '{"images": [{"id": 1', /anno\.json: not JSON \(.*cut off/],
    ['no categories', { images: [], annotations: [] }, /got no list 'categories'/],
    ['a broken element', '{"images": [{"id": 1,}], "annotations": [], "categories": []}', /anno\.json: images\.0: not JSON/],
    ['an unknown category', coco([{ category_id: 4, segmentation: [left] }]), /annotations\.0: got category_id 4, expected/],
    ['an odd number of coordinates', coco([{ category_id: 3, segmentation: [[1, 2, 3, 4, 5, 6, 7]] }]), /annotations\.0\.segmentation\.0: got 7 numbers/],
    ['an RLE that is too short', coco([{ category_id: 3, segmentation: { counts: [4, 2], size: [4, 6] } }]), /annotations\.0: got an RLE of 6 pixels, expected 24/],
    ['an RLE of another size', coco([{ category_id: 3, segmentation: { counts: [24], size: [6, 4] } }]), /RLE of the size 6, 4, expected 4, 6/],
    ['an RLE of other characters', coco([{ category_id: 3, segmentation: { counts: '~~', size: [4, 6] } }]), /not a compressed RLE/],
    ['boxes alone', coco([{ category_id: 3, bbox: [0, 0, 1, 1] }]), /got only boxes, expected annotations with a segmentation/],
    ['a missing image', coco([{ category_id: 3, segmentation: [left] }], { images: [{ ...image, file_name: 'b.jpg' }] }), /1 of its 1 images are missing: b\.jpg; put/],
  ])('names file and place of %s', async (_, content, message) => {
    await expectRefused(await specOf(content), 'a', message as RegExp);
  }); // biome-ignore format: a case a line
});
