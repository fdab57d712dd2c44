import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/weights/model-file.ts';
import { expectSuccess, temporaryFolder } from './fcn.ts';
import { fcnInside } from './inside.ts';

/** SIFT Flow by its documented format, three small images; see peer/fixture_papers.py. */
const siftFlow = `siftflow:${fileURLToPath(new URL('../fixtures/papers/siftflow', import.meta.url))}`;
const inner = 'spatial_envelope_256x256_static_8outdoorcategories';

let folder: string;
const file = (...names: string[]) => path.join(folder, ...names);
const json = async (name: string) => JSON.parse(await readFile(file(name), 'utf8'));
const trained = (out: string, iterations: number, ...more: string[]) =>
  fcnInside(
    ...['train', '--data', siftFlow, '--train-split', 'trainval', '--val-split', 'test', '--model', 'fcn16s'],
    ...['--width', '0.03125', '--crop', '32x32', '--learning-rate', '1e-4', '--threads', '1', '--seed', '2'],
    ...['--iterations', String(iterations), '--validate-every', '2', '--out', file(out), ...more],
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  expectSuccess(await trained('run', 4));
}, 60_000);

describe('SIFT Flow', () => {
  it('trains both heads, and goes on with both', async () => {
    expectSuccess(await trained('parted', 2));
    expectSuccess(
      await fcnInside('train', '--resume', '--out', file('parted'), '--iterations', '4', '--threads', '1'),
    );
    for (const name of ['val.csv', 'last.safetensors', 'best.json']) {
      const [whole, parted] = [await readFile(file('run', name)), await readFile(file('parted', name))];
      expect(parted.equals(whole), name).toBe(true);
    }
    const { config } = await loadModel(file('run', 'last.safetensors'));
    expect(config.classes).toHaveLength(33);
    expect(config.heads!.map(({ name, classes }) => [name, classes.length])).toEqual([
      ['semantic', 33],
      ['geometric', 3],
    ]);
    expect(await readFile(file('run', 'report.html'), 'utf8')).toContain('geometric');
  });

  it('is scored, predicted, exported and inspected with both heads', async () => {
    const weights = ['--weights', file('run', 'last.safetensors')];
    const threads = ['--threads', '1'];
    const evaluated = await fcnInside(
      ...['evaluate', ...weights, '--data', siftFlow, '--split', 'test', ...threads],
      ...[
        '--json',
        file('scores.json'),
        '--per-image',
        file('images.csv'),
        '--save-predictions',
        file('saved'),
      ],
    );
    expectSuccess(evaluated);
    expect(evaluated.stdout).toMatch(/^semantic\n.*\nwindow .*\ngeometric\n.*\nvertical /s);
    const { heads, ...first } = await json('scores.json');
    expect(Object.keys(heads)).toEqual(['semantic', 'geometric']);
    expect(first).toEqual(heads.semantic);
    expect(heads.geometric.classes.map(({ name }: { name: string }) => name)).toEqual([
      ...['sky', 'horizontal', 'vertical'],
    ]);
    const [header, row] = (await readFile(file('images.csv'), 'utf8')).split('\n');
    const columns = header!.split(',');
    expect(columns.slice(-3)).toEqual(['geometric.sky', 'geometric.horizontal', 'geometric.vertical']);
    const cell = Number(row!.split(',')[columns.indexOf('geometric.meanIoU')]);
    expect(cell).toBe(heads.geometric.meanIoU);

    expect((await readdir(file('saved'))).sort()).toEqual([
      'highway_bost2.geometric.png',
      'highway_bost2.png',
    ]);
    expectSuccess(
      await fcnInside(
        ...['score', '--predictions', file('saved'), '--data', siftFlow, '--split', 'test'],
        ...['--json', file('again.json')],
      ),
    );
    expect(await json('again.json')).toEqual({ ...first, heads });

    const photo = fileURLToPath(
      new URL(`Images/${inner}/street_urb1.jpg`, new URL(`../fixtures/papers/siftflow/`, import.meta.url)),
    );
    const predicted = await fcnInside(
      ...['predict', ...weights, photo, '--out', file('out'), '--json', file('found.json'), ...threads],
    );
    expectSuccess(predicted);
    expect(predicted.stdout).toBe(
      `${file('out', 'street_urb1.png')}\n${file('out', 'street_urb1.geometric.png')}\n`,
    );
    const [found] = (await json('found.json')).images;
    expect(found.heads.semantic).toEqual({ prediction: found.prediction, classes: found.classes });
    expect(found.heads.geometric.prediction).toBe(file('out', 'street_urb1.geometric.png'));

    const exported = await fcnInside('export', ...weights, '--out', file('both.onnx'), '--scores');
    expectSuccess(exported);
    for (const output of ['classes_geometric ', 'scores_geometric ', '\\[1, 3, height, width\\]']) {
      expect(exported.stdout).toMatch(new RegExp(output));
    }
    const onnx = ['--weights', file('both.onnx'), '--data', siftFlow, '--split', 'test', ...threads];
    expectSuccess(await fcnInside('evaluate', ...onnx, '--json', file('onnx.json')));
    expect((await json('onnx.json')).heads.geometric.confusionMatrix).toEqual(
      heads.geometric.confusionMatrix,
    );

    const { stdout } = await fcnInside('inspect', file('run', 'last.safetensors'));
    expect(stdout).toMatch(/heads semantic of 33 classes, geometric of 3 classes/);
    expect(stdout).toMatch(/\ngeometric classes: sky, horizontal, vertical\n/);
  });

  it('keeps files that are in the way of what a second head writes', async () => {
    await writeFile(file('out2.geometric.png'), 'mine');
    const photo = fileURLToPath(
      new URL(`../fixtures/papers/siftflow/Images/${inner}/street_urb1.jpg`, import.meta.url),
    );
    const copy = file('out2.jpg');
    await writeFile(copy, await readFile(photo));
    const { code, stderr } = await fcnInside(
      ...['predict', '--weights', file('run', 'last.safetensors'), copy, '--out', folder],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/out2\.geometric\.png, which exists and was not written by this command/);
  });

  it('is trained in one labeling alone, from both heads, where that is asked for', async () => {
    const { code, stderr } = await fcnInside(
      ...[
        'train',
        '--data',
        `${siftFlow}?labels=geometric`,
        '--train-split',
        'trainval',
        '--val-split',
        'test',
      ],
      ...[
        '--model',
        'fcn16s',
        '--width',
        '0.03125',
        '--init',
        file('run', 'last.safetensors'),
        '--crop',
        '32x32',
      ],
      ...['--iterations', '1', '--learning-rate', '1e-5', '--threads', '1', '--out', file('one')],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /copied 2: score_fr \(from score_fr_geometric\.weight of the file\)|from score_fr_geometric/,
    );
    const { config } = await loadModel(file('one', 'last.safetensors'));
    expect(config.classes).toEqual(['sky', 'horizontal', 'vertical']);
    expect(config.heads).toBeUndefined();
  });
});
