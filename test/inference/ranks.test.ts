import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/data/datasets/open.ts';
import { saveModel } from '../../src/weights/model-file.ts';
import { anyLauncher, fcnOn, launchers } from '../base/mpi/launchers.ts';
import { expectSuccess, temporaryFolder } from '../cli/fcn.ts';
import { fcnInside } from '../cli/inside.ts';
import { randomModel } from '../weights/models.ts';
import { balanceClasses } from './predict/balance-classes.ts';

/** A loaded machine starts several processes slowly. */
const timeout = 240_000;

let folder: string;
let data: string;
const file = (...names: string[]) => path.join(folder, ...names);
const inputs = () => ['--weights', file('weights.safetensors'), '--threads', '1'];
const images = () => file('data', 'JPEGImages');

// Seven images, so that the last round is not for all ranks.
beforeAll(async () => {
  folder = await temporaryFolder();
  data = `voc:${file('data')}`;
  const shapes = 'shapes:?train=1&val=7&size=48&classes=5';
  expectSuccess(await fcnInside('data', 'make', shapes, '--out', file('data')));
  const { classes } = await openDataset(data, 'val');
  const network = randomModel({
    model: 'fcn8s-squeezenet',
    width: 1 / 16,
    numClasses: 5,
    classes: [...classes],
  });
  await balanceClasses(network, (await (await openDataset(data, 'val')).load(0)).image);
  await saveModel(file('weights.safetensors'), network);
  expectSuccess(await fcnInside('evaluate', ...inputs(), '--data', data, ...evaluated('alone')));
  expectSuccess(await fcnInside('predict', ...inputs(), ...predicted('alone'), images()));
}, timeout);

const evaluated = (name: string) => [
  ...['--json', file(`${name}.json`), '--per-image', file(`${name}.csv`)],
  ...['--save-predictions', file(`${name}-saved`)],
];
const predicted = (name: string) => [
  ...['--out', file(`${name}-predicted`), '--overlay', '--logits', '--json', file(`${name}-predicted.json`)],
];

/** All files of a folder, by their names. */
async function filesOf(name: string): Promise<Record<string, string>> {
  const names = (await readdir(file(name))).sort();
  const bytes = await Promise.all(names.map((each) => readFile(file(name, each), 'base64')));
  return Object.fromEntries(names.map((each, i) => [each, bytes[i]!]));
}

describe.each(launchers)('ranks of $name', (launcher) => {
  describe.skipIf(launcher.missing)('3 of them', () => {
    const name = launcher.family;

    it('count the confusion matrix of one process, and score each image as it does', {
      timeout,
    }, async () => {
      expectSuccess(await fcnOn(launcher, 3, 'evaluate', ...inputs(), '--data', data, ...evaluated(name)));
      const alone = await readFile(file('alone.json'), 'utf8');
      expect(new Set(JSON.parse(alone).confusionMatrix.flat()).size).toBeGreaterThan(3);
      expect(await readFile(file(`${name}.json`), 'utf8')).toBe(alone);
      expect(await readFile(file(`${name}.csv`), 'utf8')).toBe(await readFile(file('alone.csv'), 'utf8'));
      expect(await filesOf(`${name}-saved`)).toEqual(await filesOf('alone-saved'));
    });

    it('write the same bytes as one process', { timeout }, async () => {
      expectSuccess(await fcnOn(launcher, 3, 'predict', ...inputs(), ...predicted(name), images()));
      const expected = await filesOf('alone-predicted');
      expect(Object.keys(expected)).toHaveLength(3 * 8);
      expect(await filesOf(`${name}-predicted`)).toEqual(expected);
      const found = JSON.parse(await readFile(file(`${name}-predicted.json`), 'utf8'));
      const alone = JSON.parse(await readFile(file('alone-predicted.json'), 'utf8'));
      expect(found.images.map(({ id, classes }: never) => [id, classes])).toEqual(
        alone.images.map(({ id, classes }: never) => [id, classes]),
      );
    });
  });
});

it.skipIf(anyLauncher.missing)(
  'ranks go on after an image that cannot be used, and name it',
  { timeout },
  async () => {
    await writeFile(file('broken.png'), 'no image');
    const some = ['predict', ...inputs(), '--out', file('some'), images(), file('broken.png')];
    const outcome = await fcnOn(anyLauncher, 2, ...some);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/broken\.png.*the other images were segmented/);
    expect(await readdir(file('some'))).toHaveLength(8);
  },
);
