import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/weights/model-file.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { readTorch } from '../../src/weights/torch/read-torch.ts';
import { writeTorch } from '../../src/weights/torch/write-torch.ts';
import { randomModel } from '../weights/models.ts';
import { fixtureFile } from '../weights/torch/files.ts';
import { expectError, expectSuccess, temporaryFolder } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';

const model = randomModel({ model: 'fcn8s-atonce', numClasses: 3, classes: ['sky', 'sea', 'sand'] });
let folder: string;
let weights: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  weights = path.join(folder, 'weights.safetensors');
  await saveModel(weights, model);
});
const inFolder = (name: string) => path.join(folder, name);

describe('fcn convert', () => {
  it('writes a network for PyTorch and takes it back', async () => {
    const torch = inFolder('network.pth');
    const there = await fcn('convert', weights, torch);
    expectSuccess(there);
    expect(there.stdout).toMatch(/^fcn8s-atonce, width 0\.015625, 3 classes.*\ninput: BGR, [^(]*\n/);
    expect([...(await readTorch(torch))]).toEqual([...model.weights]);

    const back = inFolder('back.safetensors');
    expectSuccess(await fcn('convert', torch, back));
    expect((await loadModel(back)).config).toEqual(model.config);

    // As other programs write it.
    await writeTorch(torch, model.weights);
    const assuming = await fcn('convert', torch, back);
    expect(assuming.stdout).toMatch(/^fcn8s, .*\ninput: BGR, .*\(assumed: the file does not say\)\n/);
    const told = await fcn('convert', torch, back, '--model', 'fcn8s-atonce', '--input', 'torchvision');
    expectSuccess(told);
    expect(told.stdout).toMatch(/^fcn8s-atonce, .*\ninput: RGB, [^(]*\n/);
    const { config, weights: tensors } = await loadModel(back);
    expect(config).toMatchObject({ model: 'fcn8s-atonce', numClasses: 3, input: { channels: 'RGB' } });
    expect([...tensors]).toEqual([...model.weights]);
  });

  it('writes VGG-16 under its own names, by which its preprocessing is known', async () => {
    const classifier = inFolder('vgg16.pth');
    const { weights: tensors } = randomModel({ model: 'fcn32s' });
    const features = new Map([...tensors].filter(([name]) => /^conv1_/.test(name)));
    const renamed = new Map(
      [...features].map(([name, tensor]) => [
        name.replace('conv1_1', 'features.0').replace('conv1_2', 'features.2'),
        tensor,
      ]),
    );
    await writeTorch(classifier, renamed);
    const out = inFolder('vgg16.safetensors');
    const outcome = await fcn('convert', classifier, out);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/^VGG-16 without score layers, width 0\.0\d+, /);
    expect(Object.fromEntries((await readSafetensors(out)).tensors)).toEqual(Object.fromEntries(renamed));
    expectError(
      await fcn('convert', classifier, out, '--model', 'fcn8s'),
      2,
      /--model: got fcn8s, but .*vgg16\.pth has no score layers/,
    );
  });

  it('does not contradict a file', async () => {
    const out = inFolder('nothing.pth');
    expectError(
      await fcn('convert', weights, out, '--model', 'fcn32s'),
      2,
      /--model: got fcn32s, but .* already says which/,
    );
    expectError(
      await fcn('convert', weights, out, '--input', 'torchvision'),
      2,
      /--input: got torchvision, but .* has its own preprocessing; leave --input out/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it('refuses what it cannot write or read, and leaves nothing behind', async () => {
    expectError(
      await fcn('convert', weights, inFolder('out.onnx')),
      2,
      /out\.onnx.*expected \.safetensors, \.pth, \.pt; .*fcn export/,
    );
    expectError(await fcn('convert', weights, inFolder('out.caffemodel')), 2, /out\.caffemodel/);
    const out = inFolder('refused.safetensors');
    expectError(
      await fcn('convert', fixtureFile('malicious-legacy.pth'), out),
      2,
      /malicious-legacy\.pth: at offset 0: got "posix\.system"/,
    );
    expectError(await fcn('convert', fixtureFile('state-dict.pth'), out), 2, /state-dict\.pth/);
    const page = inFolder('page.pth');
    await writeFile(page, '<!doctype html>');
    expectError(await fcn('convert', page, out), 2, /page\.pth: got no weights: it is a web page/);
    expect(existsSync(out)).toBe(false);
  });
});

describe('fcn inspect', () => {
  it('says the network in a PyTorch file, and what it assumes', async () => {
    const torch = inFolder('inspected.pth');
    await writeTorch(torch, model.weights);
    const { stdout, ...outcome } = await fcn('inspect', torch);
    expectSuccess({ stdout, ...outcome });
    expect(stdout).toMatch(/^fcn8s, width 0\.015625, 3 classes, deconvolution \S+, \d+ parameters\n/);
    expect(stdout).toMatch(/input: BGR, .* \(assumed: the file does not say\)/);
    expect(stdout).toMatch(/\nscore_pool4\.weight +\[3, 8, 1, 1\]\n/);
    expect((await fcn('inspect', weights)).stdout).not.toContain('assumed');
  });

  it('says which values are not finite, as fcn convert does', async () => {
    const [bad, out] = [inFolder('not-finite.pth'), inFolder('not-finite-out.pth')];
    const broken = new Map(model.weights);
    const bias = broken.get('fc7.bias')!;
    broken.set('fc7.bias', { ...bias, data: bias.data.map(() => Number.NaN) });
    await writeTorch(bad, broken);
    const line =
      /^warning: values that are not finite in 1 of \d+ tensors: fc7\.bias; the weights are damaged, or/m;
    expect((await fcn('inspect', bad)).stdout).toMatch(line);
    expect((await fcn('convert', bad, out)).stderr).toMatch(line);
  });

  it('lists the tensors of a network that it does not know', async () => {
    const [file, json] = [inFolder('other.safetensors'), inFolder('other.json')];
    await copyFile(fixtureFile('state-dict.pth'), file);
    const outcome = await fcn('inspect', file, '--json', json);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(
      /^not a network that fcn knows, 75 parameters: .*\nconv\.weight +\[3, 2, 3, 3\]\n/,
    );
    const found = JSON.parse(await readFile(json, 'utf8'));
    expect(found).toMatchObject({ origin: 'pytorch', parameters: 75 });
    expect(found.tensors.at(-1)).toEqual({ name: 'score.weight', shape: [2, 3, 1, 1] });
  });

  it('prints no terminal commands that a file holds', async () => {
    const file = inFolder('commands.safetensors');
    await writeSafetensors(file, [['\x1b[2J', model.weights.get('fc7.bias')!]]);
    const { stdout } = await fcn('inspect', file);
    expect(stdout).toContain('[2J');
    expect(stdout).not.toContain('\x1b');
  });
});
