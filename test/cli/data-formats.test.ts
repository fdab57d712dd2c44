import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { expectError, expectSuccess, fcn, temporaryFolder, tinyNetwork } from './fcn.ts';
import { toSharp } from './voc-folder.ts';

/** Six training and two validation images, each with a square on it, in labelme's format. */
async function makeLabelmeFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (const [split, count] of [
    ['train', 6],
    ['val', 2],
  ] as const) {
    await mkdir(path.join(folder, split));
    const shapes = await openShapes(`?train=6&val=2&size=32`, split);
    for (let index = 0; index < count; index++) {
      const { id, image } = await shapes.load(index);
      const file = path.join(folder, split, id);
      await writeFile(`${file}.png`, await toSharp(image).png().toBuffer());
      const points = [
        [index, 4],
        [index + 12, 20],
      ];
      const annotations = {
        shapes: [{ label: 'square', points, shape_type: 'rectangle' }],
        imagePath: `${id}.png`,
        imageData: null,
        imageHeight: 32,
        imageWidth: 32,
      };
      await writeFile(`${file}.json`, JSON.stringify(annotations));
    }
  }
  return folder;
}

it('trains on a folder whose format it recognizes, and alike on what it is converted to', async () => {
  const folder = await makeLabelmeFolder();
  const line = `data: ${folder} is a labelme folder (8 images, 2 classes); use labelme:${folder} to be sure\n`;
  const out = await temporaryFolder();
  const train = (data: string, run: string) =>
    fcn(
      'train',
      '--data',
      data,
      '--out',
      run,
      ...tinyNetwork,
      '--iterations',
      '3',
      '--learning-rate',
      '1e-3',
    );
  const direct = await train(folder, path.join(out, 'direct'));
  expectSuccess(direct);
  expect(direct.stderr).toContain(line);
  const config = JSON.parse(await readFile(path.join(out, 'direct', 'config.json'), 'utf8'));
  expect(config.data).toBe(`labelme:${folder}`);

  const voc = path.join(out, 'voc');
  const converted = await fcn('data', 'convert', folder, '--out', voc);
  expectSuccess(converted);
  expect(converted.stdout).toBe(`voc:${voc}\n`);
  expect(converted.stderr).toContain(line);
  expectSuccess(await train(`voc:${voc}`, path.join(out, 'converted')));
  const losses = async (run: string) => {
    const lines = (await readFile(path.join(out, run, 'log.csv'), 'utf8')).trim().split('\n');
    return lines.map((one) => one.split(',')[2]); // iteration, epoch, loss
  };
  expect(await losses('converted')).toEqual(await losses('direct'));
  expect(await losses('direct')).toHaveLength(4);

  expectError(
    await fcn('data', 'convert', `labelme:${folder}`, '--out', voc),
    2,
    `${voc}, which is not empty`,
  );
  const check = await fcn('data', 'check', folder);
  expectSuccess(check);
  expect(check.stderr).toContain(line);
  expect(check.stdout).toMatch(/^labelme:.* train\n6 images/);
});

it('says in one line what is wrong with a folder or a file of it', async () => {
  const folder = await makeLabelmeFolder();
  await writeFile(path.join(folder, 'val', 'val_000000.json'), '{"shapes": [');
  expectError(
    await fcn('data', 'convert', `labelme:${folder}`, '--out', path.join(folder, 'out')),
    2,
    /val_000000\.json: not JSON/,
  );
  const empty = await temporaryFolder();
  expectError(
    await fcn('data', 'check', empty),
    2,
    /got an empty folder, expected images with masks or annotations/,
  );
});
