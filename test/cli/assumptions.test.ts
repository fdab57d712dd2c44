import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeLabelPng } from '../../src/data/images/encode-label-png.ts';
import { vocPalette } from '../../src/data/images/palette.ts';
import { writeTorch } from '../../src/weights/torch/write-torch.ts';
import { testImage, toSharp } from '../data/helpers.ts';
import { randomModel } from '../weights/models.ts';
import { expectError, expectSuccess, tinyTraining } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';

let folder: string;
let ours: string;
let others: string;
let image: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-assumptions-'));
  const { config, weights } = randomModel({
    model: 'fcn32s',
    width: 1 / 32,
    numClasses: 2,
    classes: ['a', 'b'],
  });
  [ours, others] = ['ours.pth', 'others.pth'].map((name) => path.join(folder, name)) as [string, string];
  await writeTorch(ours, weights, JSON.stringify(config));
  await writeTorch(others, weights);
  image = path.join(folder, 'image.png');
  await toSharp(testImage(30, 20)).withMetadata({ orientation: 6 }).png().toFile(image);
  const set = path.join(folder, 'set');
  data = `folder:${set}`;
  const mask = encodeLabelPng(
    { width: 20, height: 30, data: Uint8Array.from({ length: 600 }, (_, i) => i % 2) },
    vocPalette(),
  );
  for (const name of ['images', 'masks', 'splits']) await mkdir(path.join(set, name), { recursive: true });
  await writeFile(path.join(set, 'images/i.png'), await readFile(image));
  await writeFile(path.join(set, 'masks/i.png'), mask);
  await writeFile(path.join(set, 'classes.txt'), 'a\nb\n');
  for (const split of ['train', 'val']) await writeFile(path.join(set, `splits/${split}.txt`), 'i\n');
});
afterAll(() => rm(folder, { recursive: true }));

const assumed =
  /^weights \S+others\.pth: the file does not state its preprocessing, so fcn assumes BGR, scale 255, .*; --input caffe\|torchvision\|tensorflow sets another$/m;
const turned =
  /^image \S+ is turned upright according to its EXIF orientation \(said once for all such images\)$/m;

describe('commands that read weights and images', () => {
  it.each<[string, (weights: string) => string[]]>([
    ['predict', (weights) => ['--weights', weights, '--out', path.join(folder, 'out'), image]],
    ['evaluate', (weights) => ['--weights', weights, '--data', data]],
    ['export', (weights) => ['--weights', weights, '--out', path.join(folder, 'out.onnx')]],
    ['quantize', (weights) => ['--weights', weights, '--out', path.join(folder, 'out.onnx'), '--data', data]],
  ])('say what %s assumes, unless the file or --input says it', async (command, args) => {
    const assuming = await fcn(command, ...args(others));
    const told = await fcn(command, ...args(others), '--input', 'torchvision');
    const known = await fcn(command, ...args(ours));
    const other = await fcn(command, ...args(ours), '--input', 'torchvision');
    for (const outcome of [assuming, told, known]) expectSuccess(outcome);
    expect(assuming.stderr).toMatch(assumed);
    for (const { stderr } of [told, known]) expect(stderr).not.toContain('assumed');
    expectError(other, 2, /--input: got torchvision, but \S+ours\.pth has its own preprocessing/);
    for (const { stderr } of [assuming, known]) {
      if (command === 'export') expect(stderr).not.toMatch(turned);
      else expect(stderr).toMatch(turned);
    }
  });

  it('say it in training, too', async () => {
    const run = path.join(folder, 'run');
    const network = ['--model', 'fcn32s', '--width', '0.03125'];
    const settings = [...network, '--init', others, '--data', data, '--iterations', '1'];
    const outcome = await fcn(...tinyTraining(run, ...settings));
    expectSuccess(outcome);
    expect(outcome.stderr).toMatch(assumed);
    expect(outcome.stderr).toMatch(turned);
  });
});
