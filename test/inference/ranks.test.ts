import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/data/datasets/open.ts';
import { saveModel } from '../../src/weights/model-file.ts';
import { fcnOn, launchers } from '../base/mpi/launchers.ts';
import { expectSuccess, fcn, temporaryFolder } from '../cli/fcn.ts';
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
  expectSuccess(await fcn('data', 'make', shapes, '--out', file('data')));
  const { classes } = await openDataset(data, 'val');
  const network = randomModel({
    model: 'fcn8s-squeezenet',
    width: 1 / 16,
    numClasses: 5,
    classes: [...classes],
  });
  await balanceClasses(network, (await (await openDataset(data, 'val')).load(0)).image);
  await saveModel(file('weights.safetensors'), network);
  expectSuccess(await fcn('evaluate', ...inputs(), '--data', data, ...evaluated('alone')));
  expectSuccess(await fcn('predict', ...inputs(), ...predicted('alone'), images()));
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
  describe.skipIf(launcher.missing).each([2, 3])('%i of them', (ranks) => {
    const name = `${launcher.family}-${ranks}`;

    it('count the confusion matrix of one process, and score each image as it does', {
      timeout,
    }, async () => {
      expectSuccess(
        await fcnOn(launcher, ranks, 'evaluate', ...inputs(), '--data', data, ...evaluated(name)),
      );
      const alone = await readFile(file('alone.json'), 'utf8');
      expect(new Set(JSON.parse(alone).confusionMatrix.flat()).size).toBeGreaterThan(3);
      expect(await readFile(file(`${name}.json`), 'utf8')).toBe(alone);
      expect(await readFile(file(`${name}.csv`), 'utf8')).toBe(await readFile(file('alone.csv'), 'utf8'));
      expect(await filesOf(`${name}-saved`)).toEqual(await filesOf('alone-saved'));
    });

    it('write the same bytes as one process', { timeout }, async () => {
      expectSuccess(await fcnOn(launcher, ranks, 'predict', ...inputs(), ...predicted(name), images()));
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

  it.skipIf(launcher.missing)(
    'go on after an image that cannot be used, and name it',
    { timeout },
    async () => {
      await writeFile(file('broken.png'), 'no image');
      const out = file(`${launcher.family}-some`);
      const outcome = await fcnOn(
        launcher,
        2,
        'predict',
        ...inputs(),
        '--out',
        out,
        images(),
        file('broken.png'),
      );
      expect(outcome.code).toBe(2);
      expect(outcome.stderr).toMatch(/broken\.png.*the other images were segmented/);
      expect(await readdir(out)).toHaveLength(8);
    },
  );
});
