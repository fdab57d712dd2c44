import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectError, expectSuccess, temporaryFolder, tinyNetwork, tinyTraining } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';
import { cutOff, makeVocFolder, toSharp, type VocFolder, writeLabel } from './voc-folder.ts';

/** Weights of a network for the classes of the data set. */
let weights: string;
beforeAll(async () => {
  const run = path.join(await temporaryFolder(), 'run');
  expectSuccess(await fcn(...tinyTraining(run, '--iterations', '0')));
  weights = path.join(run, 'last.safetensors');
});

/** What one is told who evaluates on the data; nothing may be left behind. */
async function expectRefused(spec: string, ...patterns: (RegExp | string)[]): Promise<void> {
  const out = await temporaryFolder();
  const [predictions, json] = [path.join(out, 'predictions'), path.join(out, 'metrics.json')];
  const args = ['--data', spec, '--weights', weights, '--save-predictions', predictions, '--json', json];
  expectError(await fcn('evaluate', ...args), 2, ...patterns);
  for (const trace of [predictions, json]) expect(existsSync(trace), trace).toBe(false);
}

/** The same for one who trains. */
async function expectTrainingRefused(spec: string, ...patterns: (RegExp | string)[]): Promise<void> {
  const run = path.join(await temporaryFolder(), 'run');
  expectError(await fcn('train', '--data', spec, '--out', run, ...tinyNetwork), 2, ...patterns);
  expect(existsSync(run)).toBe(false);
}

describe('a data set that is none', () => {
  it('a folder that is missing', () => expectRefused('voc:/no/such/folder', '/no/such/folder'));

  it('no folder', () => expectRefused('voc:', /voc:.*expected voc:DIR/));

  it('a file', async () => {
    const file = path.join(await temporaryFolder(), 'data.zip');
    await writeFile(file, 'PK');
    await expectRefused(`voc:${file}`, file, /not a folder/);
  });

  it('a folder of something else', async () => {
    const folder = await temporaryFolder();
    await expectTrainingRefused(`voc:${folder}`, folder, /expected the layout of PASCAL VOC/);
  });
});

describe('a split that does not fit', () => {
  let voc: VocFolder;
  beforeAll(async () => {
    voc = await makeVocFolder();
  });

  it('is missing', async () => {
    const args = ['--data', voc.spec, '--weights', weights, '--split', 'test'];
    expectError(await fcn('evaluate', ...args), 2, /split 'test'/, /expected one of: train, val/);
  });

  it('has an id without an image', async () => {
    await using(voc, ['train', 'val'], 'train_000001\nno-image\n');
    await expectRefused(
      voc.spec,
      /1 of 2 ids have no image/,
      'no-image',
      path.join(voc.folder, 'JPEGImages'),
    );
  });

  it('has an id without a label', async () => {
    await using(voc, ['train', 'val'], 'train_000001\nno-label\n');
    await writeFile(voc.image('no-label'), await readFile(voc.image('train_000001')));
    await expectRefused(
      voc.spec,
      /1 of 2 ids have no label/,
      'no-label',
      path.join(voc.folder, 'SegmentationClass'),
    );
  });

  it('is empty', async () => {
    await using(voc, ['train', 'val'], '\n\n');
    await expectTrainingRefused(voc.spec, /train\.txt/, /empty/);
  });

  it('has an id twice', async () => {
    await using(voc, ['train', 'val'], 'train_000001\ntrain_000001\n');
    await expectRefused(voc.spec, /'train_000001' twice/);
  });

  it('is not there at all', async () => {
    await rm(path.join(voc.folder, 'ImageSets'), { recursive: true });
    await expectRefused(voc.spec, /cannot read the folder of splits/, /no such file or folder/);
  });
});

it('masks of 0 and 255 with a list of two classes are refused; with values in the list, they train', async () => {
  const voc = await makeVocFolder();
  for (const id of [
    'train_000000',
    'train_000001',
    'train_000002',
    'train_000003',
    'val_000000',
    'val_000001',
  ]) {
    const data = new Uint8Array(40 * 32).fill(255, 300, 700);
    await writeLabel(voc.label(id), { width: 40, height: 32, data });
  }
  const classes = path.join(voc.folder, 'classes.txt');
  await writeFile(classes, 'ground\nobject\n');
  await expectTrainingRefused(
    voc.spec,
    /contain only 'ground' \(0\) and 255/,
    /'object 255' in classes\.txt/,
  );
  await writeFile(classes, 'ground\nobject 255\n');
  const run = path.join(voc.folder, 'run');
  expectSuccess(await fcn(...tinyTraining(run, '--data', voc.spec, '--iterations', '1')));
  const { classes: scored } = JSON.parse(await readFile(path.join(run, 'best.json'), 'utf8'));
  expect(scored.map(({ pixels }: { pixels: number }) => pixels)).toEqual([2 * 880, 2 * 400]);
});

async function using(voc: VocFolder, splits: string[], ids: string): Promise<void> {
  for (const split of splits) await writeFile(voc.split(split), ids);
}

describe('a file that is met while the work goes on', () => {
  const rgb = (width: number, height: number) => ({
    width,
    height,
    data: new Uint8Array(width * height * 3),
  });
  const labelOf = (value: number, width = 40, height = 32) => {
    return { width, height, data: new Uint8Array(width * height).fill(value) };
  };
  const damages: [string, (voc: VocFolder, id: string) => Promise<unknown>, RegExp][] = [
    ['a truncated JPEG', (voc, id) => cutOff(voc.image(id)), /ID\.jpg.*cannot be decoded/],
    ['an empty image', (voc, id) => writeFile(voc.image(id), ''), /ID\.jpg: got no image: it is empty/],
    [
      'a truncated PNG image',
      async (voc, id) => {
        const png = voc.image(id).replace('.jpg', '.png');
        await toSharp({ ...rgb(40, 32), data: await noise(40 * 32 * 3) })
          .png()
          .toFile(png);
        await rm(voc.image(id));
        await cutOff(png);
      },
      /ID\.png.*cannot be decoded/,
    ],
    ['a truncated label', (voc, id) => cutOff(voc.label(id), 0.95), /ID\.png.*damaged PNG/],
    [
      'a label that is a JPEG',
      async (voc, id) => writeFile(voc.label(id), await readFile(voc.image(id))),
      /ID\.png.*not a PNG/,
    ],
    [
      'an RGB label',
      async (voc, id) =>
        toSharp({ ...rgb(40, 32), data: await noise(40 * 32 * 3) })
          .png()
          .toFile(voc.label(id)),
      /ID\.png.*got RGB pixels.*expected a palette/,
    ],
    [
      'a label of another size',
      (voc, id) => writeLabel(voc.label(id), labelOf(0, 32, 40)),
      /ID\.png.*got 32x40 pixels, expected 40x32.*ID\.jpg/,
    ],
    [
      'a label value that is no class',
      (voc, id) => writeLabel(voc.label(id), labelOf(77)),
      /ID\.png.*value 77 at x 0, y 0.*0\.\.5 or 255/,
    ],
    [
      'labels that are all void',
      (voc, id) => writeLabel(voc.label(id), labelOf(255)),
      /val: its labels are void \(255\) everywhere/,
    ],
  ];

  it.each(damages)('%s', async (_, damage, message) => {
    const voc = await makeVocFolder();
    const id = 'val_000000';
    await writeFile(voc.split('val'), id);
    await damage(voc, id);
    const json = path.join(voc.folder, 'metrics.json');
    const args = ['--data', voc.spec, '--weights', weights, '--json', json];
    const outcome = await fcn('evaluate', ...args);
    expectError(outcome, 2, new RegExp(message.source.replaceAll('ID', id)));
    expect(existsSync(json)).toBe(false);
  });

  it('a truncated image at the beginning of a training, of which nothing is left', async () => {
    const voc = await makeVocFolder();
    await cutOff(voc.image('train_000000'));
    const run = path.join(voc.folder, 'run');
    const outcome = await fcn(...tinyTraining(run, '--data', voc.spec, '--order', 'sequential'));
    expectError(outcome, 2, voc.image('train_000000'));
    expect(existsSync(run)).toBe(false);
  });

  it('a truncated image in the middle of a training', async () => {
    const voc = await makeVocFolder();
    const original = await readFile(voc.image('train_000003'));
    await cutOff(voc.image('train_000003'));
    const run = path.join(voc.folder, 'run');
    const settings = ['--order', 'sequential', '--iterations', '6', '--checkpoint-every', '2'];
    const training = (out: string) => fcn(...tinyTraining(out, '--data', voc.spec, ...settings));

    const outcome = await training(run);
    expectError(outcome, 2, voc.image('train_000003'));
    const ids = (await readFile(path.join(run, 'log.csv'), 'utf8')).match(/train_\d+/g);
    expect(ids).toEqual(['train_000000', 'train_000001', 'train_000002']);
    // All three iterations are kept, although a checkpoint was due after every second one only.
    expect(existsSync(path.join(run, 'checkpoints', 'iteration-3.safetensors'))).toBe(true);

    // Once the image is whole again, which is another file than the run began with, it ends where an undisturbed one does.
    await writeFile(voc.image('train_000003'), original);
    expectError(await fcn('train', '--resume', '--out', run), 2, /image files of train have changed/);
    expectSuccess(await fcn('train', '--resume', '--changed-data', '--out', run));
    const undisturbed = path.join(voc.folder, 'undisturbed');
    expectSuccess(await training(undisturbed));
    const last = (folder: string) => readFile(path.join(folder, 'last.safetensors'));
    expect((await last(run)).equals(await last(undisturbed))).toBe(true);
  });
});

async function noise(length: number): Promise<Uint8Array> {
  return crypto.getRandomValues(new Uint8Array(length));
}
