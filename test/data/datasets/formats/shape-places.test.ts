import { describe, expect, it } from 'vitest';
import { checkClasses } from '../../../../src/data/datasets/check-classes.ts';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { remarks } from '../../../../src/data/images/remarks.ts';
import { expectRefused, folderOf, jpeg, sampleOf } from './annotated.ts';

const [height, width] = [420, 500];
const photo = await jpeg(height, width);

type Points = readonly (readonly [number, number])[];

/** A data set of one image with these shapes, as each tool writes them; all of them want pixels. */
const inPixels: Readonly<Record<string, (shapes: readonly Points[]) => Promise<string>>> = {
  async labelme(shapes) {
    const content = {
      shapes: shapes.map((points) => ({ label: 'cat', points, shape_type: 'polygon' })),
      imagePath: 'a.jpg',
      ...{ imageHeight: height, imageWidth: width },
    };
    return `labelme:${await folderOf({ 'a.json': content, 'a.jpg': photo })}`;
  },
  async coco(shapes) {
    const content = {
      images: [{ id: 1, file_name: 'a.jpg', width, height }],
      annotations: shapes.map((points) => ({ image_id: 1, category_id: 1, segmentation: [points.flat()] })),
      categories: [{ id: 1, name: 'cat' }],
    };
    return `coco:${await folderOf({ 'anno.json': content, 'a.jpg': photo })}/anno.json`;
  },
  async supervisely(shapes) {
    const content = {
      size: { width, height },
      objects: shapes.map((exterior) => ({
        classTitle: 'cat',
        geometryType: 'polygon',
        points: { exterior, interior: [] },
      })),
    };
    const files = { 'meta.json': { classes: [{ title: 'cat' }] }, 'ds/img/a.jpg': photo };
    return `supervisely:${await folderOf({ ...files, 'ds/ann/a.jpg.json': content })}`;
  },
};

async function inPercents(shapes: readonly Points[]): Promise<string> {
  const result = shapes.map((points) => ({
    type: 'polygonlabels',
    ...{ original_width: width, original_height: height },
    value: { points, polygonlabels: ['cat'] },
  }));
  const tasks = [{ id: 1, data: { image: 'a.jpg' }, annotations: [{ result }] }];
  return `labelstudio:${await folderOf({ 'x.json': tasks, 'a.jpg': photo })}/x.json`;
}

const triangle = (x: number, y: number, side: number): Points => [[x, y], [x + side, y], [x, y + side]]; // biome-ignore format: points

describe.each(Object.entries(inPixels))('shapes of %s', (_, make) => {
  const told = async (...shapes: Points[]) => (await sampleOf(await make(shapes), 'a')).remarks ?? [];

  it('are refused in fractions of the image', async () => {
    const spec = await make([triangle(0.1, 0.2, 0.7), triangle(0, 0, 1)]);
    await expectRefused(
      spec,
      'a',
      /got only coordinates from 0 to 1 for an image of 500x420 pixels, expected pixels; they seem to be fractions/,
    );
  });

  it('are told of where single ones are in the first pixel, or beside the image', async () => {
    const usual = triangle(20, 30, 200);
    expect(await told(usual)).toEqual([]);
    expect(await told(usual, triangle(0.1, 0.2, 0.7))).toEqual([remarks.firstPixel]);
    expect(await told(usual, triangle(500, 30, 20))).toEqual([remarks.outside]);
    expect(await told(triangle(-300, -300, 20))).toEqual([remarks.outside]);
    expect(await told(triangle(-10, 400, 200))).toEqual([]);
  });

  it('are told of where they seem to be percents', async () => {
    expect(await told(triangle(5, 8, 60), triangle(30, 30, 70))).toEqual([remarks.percents]);
    expect(await told(triangle(5, 8, 40))).toEqual([]); // an object in the corner
  });
});

it('is said before a training that would have nothing to learn from', async () => {
  const spec = await inPixels.coco!([triangle(5000, 30, 20)]);
  const dataset = await openDataset(spec, (await splitsOf(spec))[0]!);
  await expect(checkClasses(dataset, 'train')).rejects.toThrow(
    /its labels contain only 'background' .*; its image .*a\.jpg has shapes that lie wholly outside of it/,
  );
});

describe('shapes of Label Studio', () => {
  it('are refused in pixels or fractions, and told of where they lie beside the image', async () => {
    const fractions = await inPercents([triangle(0.1, 0.2, 0.7)]);
    await expectRefused(fractions, 'a', /got only coordinates from 0 to 1, expected percents, 0 to 100/);
    const pixels = await inPercents([triangle(20, 30, 200)]);
    await expectRefused(
      pixels,
      'a',
      /result\.0: got the coordinate 220, expected percents .*if these are pixels/,
    );
    const { remarks: told } = await sampleOf(await inPercents([triangle(101, 0, 20)]), 'a');
    expect(told).toEqual([remarks.outside]);
    expect((await sampleOf(await inPercents([triangle(5, 8, 60)]), 'a')).remarks).toBeUndefined();
  });
});

describe("YOLO's labels", () => {
  const yolo = async (labels: string) => {
    const yaml = 'train: images\nnames: [cat]\n';
    const files = { 'images/a.jpg': photo, 'labels/a.txt': labels, 'images/b.jpg': photo };
    return `yolo:${await folderOf({ 'data.yaml': yaml, ...files })}`;
  };

  it('are refused in pixels and percents', async () => {
    const spec = await yolo('0 10 20 30 20 10 40');
    await expectRefused(
      spec,
      'a',
      /line 1: got the coordinate 10, expected 0 to 1, fractions .*divide pixels/,
    );
  });

  it('may be missing for some images, which is told', async () => {
    const { warnings } = await openDataset(await yolo('0 0 0 0.5 0 0.5 0.5'), 'train');
    expect(warnings).toEqual([
      expect.stringMatching(/^1 of 2 images have no label file, so all of each counts as background: b; /),
    ]);
  });
});

it('refuses an image that is not the one that was annotated, and says so', async () => {
  const content = { shapes: [], imagePath: 'a.jpg', imageHeight: 840, imageWidth: 1000 };
  const spec = `labelme:${await folderOf({ 'a.json': content, 'a.jpg': photo })}`;
  await expectRefused(
    spec,
    'a',
    /got 1000x840 pixels, expected 500x420 as in .*; if one of them was resized/,
  );
});
