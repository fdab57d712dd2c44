import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { builtinWeights } from '../../src/weights/builtin.ts';
import { expectSuccess, fcn, temporaryFolder } from './fcn.ts';

const root = path.resolve(import.meta.dirname, '../..');
const cat = path.join(root, 'web/public/samples/cat.jpg');
const megabyte = 1e6;

interface Found {
  images: { classes: { name: string; share: number }[] }[];
}

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

it.each([
  ['without weights', []],
  ["by the page's 8-bit file", ['--weights', path.join(root, 'web/public/model/photos.onnx')]],
])('a cat is found in a photograph %s', async (_, weights) => {
  const json = path.join(folder, 'found.json');
  expectSuccess(
    await fcn('predict', ...weights, '--out', path.join(folder, 'out'), '--json', json, '--force', cat),
  );
  const { images } = JSON.parse(await readFile(json, 'utf8')) as Found;
  const [largest, second] = images[0]!.classes;
  expect([largest!.name, second!.name]).toEqual(['cat', 'background']);
  expect(largest!.share).toBeGreaterThan(0.6); // it fills most of the picture
});

it('a program that names no network predicts with it', async () => {
  const { predictFiles } = await import('../../src/library/index.ts');
  const [found] = await predictFiles({ images: [cat], out: path.join(folder, 'of-program') });
  expect(found!.pixels.indexOf(Math.max(...found!.pixels))).toBe(8); // cat
});

it('the network is small', async () => {
  const { stdout } = await fcn('inspect', 'builtin');
  const [, parameters] = /(\d+) parameters/.exec(stdout) ?? [];
  expect(Number(parameters)).toBeLessThan(3e6);
  expect((await stat(builtinWeights())).size).toBeLessThan(5 * megabyte);
  expect((await stat(path.join(root, 'web/public/model/photos.onnx'))).size).toBeLessThan(3 * megabyte);
});

it('a training starts from it by its name', async () => {
  const run = path.join(folder, 'run');
  const data = 'shapes:?train=2&val=1&size=32&classes=3';
  const args = ['--data', data, '--model', 'deeplabv3-mobilenetv2', '--init', 'builtin', '--iterations', '1'];
  const first = await fcn('train', ...args, '--native-size', '--validate-every', '0', '--out', run);
  expectSuccess(first);
  expect(first.stderr).toMatch(/copied 108: conv1 \.\.\. concat_projection\ninitialized 2: score_fr/);
  const config = JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8')) as { init: string };
  expect(config.init).toBe('builtin');
});
