import { describe, expect, it } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { remarks } from '../../../../src/data/images/remarks.ts';
import { classesOf, expectRefused, folderOf, gray, jpeg, labelRows, sampleOf } from './annotated.ts';

const photo = await jpeg(4, 6);
const all = (digit: string) => Array(4).fill(digit.repeat(6));

describe("YOLO's folders", () => {
  const whole = '0 0 0 0.99 0 0.99 0.99 0 0.99';
  const yolo = async (yaml: string | Uint8Array, files: Record<string, unknown>) =>
    `yolo:${await folderOf({ 'data.yaml': yaml, ...files })}`;
  const usual = { 'images/a.jpg': photo, 'labels/a.txt': whole };

  it('may have been made on another machine', async () => {
    for (const folder of ['/content/set/images', '../set/images', 'C:\\set\\images']) {
      expect(await labelRows(await yolo(`train: ${folder}\nnames: [cat]`, usual), 'a')).toEqual(all('1'));
    }
    const list = { ...usual, 'train.txt': '/home/me/set/images/a.jpg\n' };
    expect(await labelRows(await yolo('train: train.txt\nnames: [cat]', list), 'a')).toEqual(all('1'));
  });

  it('say which of their folders is not there', async () => {
    const spec = await yolo('train: images\nval: gone\nnames: [cat]', usual);
    const { warnings } = await openDataset(spec, 'train');
    expect(warnings).toEqual([expect.stringMatching(/data\.yaml names gone, which does not exist/)]);
  });

  it('may have labels beside images', async () => {
    const files = { 'images/a.jpg': photo, 'images/a.txt': whole };
    expect(await labelRows(await yolo('train: images\nnames: [cat]', files), 'a')).toEqual(all('1'));
  });

  it('are refused without any labels: all would be background', async () => {
    const spec = await yolo('train: images\nnames: [cat]', { 'images/a.jpg': photo });
    await expectRefused(spec, 'a', /got none of the label files, such as .*labels\/a\.txt/);
  });

  it('may call a class background, which it is, and classes by numbers, but not two alike', async () => {
    const spec = await yolo('train: images\nnames: [2, background]', usual);
    expect(await classesOf(spec)).toEqual(['background', '2']);
    expect(await labelRows(spec, 'a')).toEqual(all('1'));
    const twice = await yolo('train: images\nnames: [cat, cat]', usual);
    await expectRefused(twice, 'a', /data\.yaml: names: got 'cat' twice/);
    const latin = await yolo(Buffer.from('train: images\nnames: [Bäume]\n', 'latin1'), usual);
    await expectRefused(latin, 'a', /data\.yaml: line 2 is not UTF-8/);
  });
});

describe("Label Studio's tasks", () => {
  const region = (value: object, more: object = {}) => ({
    ...{ type: 'polygonlabels', original_width: 6, original_height: 4, ...more },
    value: { points: [[0, 0], [50, 0], [50, 100], [0, 100]], polygonlabels: ['cat'], ...value },
  }); // biome-ignore format: points
  const studio = async (results: object[][], more: object = {}) => {
    const annotations = results.map((result) => ({ result }));
    const tasks = [{ id: '5', data: { image: 'a.jpg' }, annotations, ...more }];
    return `labelstudio:${await folderOf({ 'x.json': tasks, 'a.jpg': photo })}/x.json`;
  };
  const told = async (...regions: object[]) => (await sampleOf(await studio([regions]), 'a')).remarks;
  const warned = async (spec: string) => (await openDataset(spec, (await splitsOf(spec))[0]!)).warnings;

  it('say what does not count', async () => {
    expect(await told(region({ polygonlabels: [] }), region({}))).toEqual([remarks.withoutLabel]);
    expect(await told(region({ polygonlabels: ['cat', 'dog'] }))).toEqual([remarks.severalLabels]);
    expect(await told(region({ points: [[1, 1], [2, 2]] }))).toEqual([remarks.shortPolygon]); // biome-ignore format: points
    const disputed = await studio([[], [region({})]]);
    expect(await warned(disputed)).toEqual([
      expect.stringMatching(/^1 task has several annotations, and the first one is used/),
    ]);
    expect(await warned(await studio([[region({})]]))).toEqual([]);
  });

  it('may call a label background, which it is', async () => {
    const spec = await studio([[region({ polygonlabels: ['Background'] }), region({})]]);
    expect(await classesOf(spec)).toEqual(['Background', 'cat']);
  });

  it('are refused where the image was turned on the screen, or none has an annotation', async () => {
    const turned = await studio([[region({}, { image_rotation: 90 })]]);
    await expectRefused(turned, 'a', /result\.0: it was drawn on an image turned by 90 degrees/);
    const predicted = await studio([], { predictions: [{ result: [region({})] }] });
    await expectRefused(predicted, 'a', /got 1 task without annotations, .*predictions count only after/);
  });
});

describe('lists of classes beside masks', () => {
  const roboflow = async (csv: string | Uint8Array) =>
    `roboflow:${await folderOf({ '_classes.csv': csv, 'a.jpg': photo, 'a_mask.png': gray(all('1')) })}`;

  it('of Roboflow may lack a title, or have other separators', async () => {
    for (const csv of [
      '0, background\n1, cat',
      '\ufeffPixel Value; Class\r\n0; background\r\n1; "cat"\r\n',
    ]) {
      const spec = await roboflow(csv);
      expect(await classesOf(spec)).toEqual(['background', 'cat']);
      expect(await labelRows(spec, 'a')).toEqual(all('1'));
    }
  });

  it.each([
    ['Roboflow', () => roboflow(Buffer.from('Pixel Value, Class\n0, x\n1, Bäume\n', 'latin1')), /_classes\.csv: line 3 is not UTF-8/],
    ['CVAT', async () => `cvat:${await folderOf({ 'labelmap.txt': Buffer.from('Bäume:0,0,0::\n', 'latin1') })}`, /labelmap\.txt: line 1 is not UTF-8/],
  ])('of %s are refused in another encoding than Unicode', async (_, spec, message) => {
    await expectRefused(await spec(), 'a', message);
  }); // biome-ignore format: a case a line
});

describe("COCO's panoptic PNGs", () => {
  it('may lie in a folder of any name', async () => {
    const ids = Buffer.from(gray(all('1')));
    const segments = [{ id: 65793, category_id: 1 }]; // gray: red, green and blue are 1
    const content = {
      images: [{ id: 1, file_name: 'a.jpg', width: 6, height: 4 }],
      annotations: [{ image_id: 1, file_name: 'a.png', segments_info: segments }],
      categories: [{ id: 1, name: 'sky' }, { id: 2, name: 'sea' }],
    }; // biome-ignore format: short
    const files = { 'x/anno.json': content, 'x/photos/a.jpg': photo };
    const spec = `coco:${await folderOf({ ...files, 'x/my masks/a.png': ids })}/x/anno.json`;
    expect(await labelRows(spec, 'a')).toEqual(all('0'));
    await expectRefused(
      `coco:${await folderOf(files)}/x/anno.json`,
      'a',
      /its panoptic PNG a\.png is missing/,
    );
  });
});
