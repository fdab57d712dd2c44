import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { expectError, expectSuccess, temporaryFolder, tinyData, tinyTraining } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';
import { cutOff } from './voc-folder.ts';

let folder: string;
let weights: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  expectSuccess(await fcn(...tinyTraining(path.join(folder, 'run'), '--iterations', '0')));
  weights = path.join(folder, 'run', 'last.safetensors');
});

async function expectRefused(file: string, ...patterns: (RegExp | string)[]): Promise<void> {
  expectError(await fcn('inspect', file), 2, file, ...patterns);
}

describe('a weights file', () => {
  it('that is missing is told the same by every command, and nothing is left behind', async () => {
    const file = path.join(folder, 'none.safetensors');
    const out = path.join(folder, 'nothing');
    const commands = [
      ['inspect', file],
      ['evaluate', '--weights', file, '--data', tinyData, '--save-predictions', out],
      ['predict', '--weights', file, '--out', out, 'image.png'],
      tinyTraining(out, '--init', file, '--iterations', '2'),
    ];
    for (const args of commands) expectError(await fcn(...args), 2, file, /no such file/);
    expect(existsSync(out)).toBe(false);
  });

  it('that is a folder', () =>
    expectRefused(folder, /it is a folder, not a file; name a file in it, such as best\.safetensors/));

  it('that is empty', async () => {
    const file = path.join(folder, 'empty.safetensors');
    await writeFile(file, '');
    await expectRefused(file, /got no weights: it is empty/);
  });

  it('that is truncated', async () => {
    const file = path.join(folder, 'truncated.safetensors');
    await copyFile(weights, file);
    await cutOff(file);
    await expectRefused(file, /damaged/);
  });

  it('that is something else', async () => {
    const file = path.join(folder, 'page.safetensors');
    await writeFile(file, '<!doctype html><title>404</title>'.repeat(100));
    await expectRefused(file, /got no weights: it is a web page/);
  });

  it.each([
    ['h5', '\x89HDF\r\n\x1a\n', /it is HDF5, as Keras writes it/],
    ['keras', 'PK\x03\x04', /it is HDF5, as Keras writes it/],
    ['npz', 'PK\x03\x04', /it contains NumPy arrays/],
    [
      'caffemodel',
      `name: "VGG"\n${'layer { type: "Convolution" }\n'.repeat(4)}`,
      /it is text, such as the description of a Caffe network \(prototxt\), without weights/,
    ],
    ['onnx', '\x08\x08', /it is ONNX, from which fcn does not read weights/],
    ['pth.gz', '\x1f\x8b\x08', /it is packed with gzip; unpack it/],
    ['png', '\x89PNG', /it is an image/],
    ['safetensors', '{"error": "not found"}', /it is JSON, such as a message about an error/],
    ['index.json', '{"metadata": {}, "weight_map": {}}', /it only says in which files the weights are/],
  ])('of another kind: %s', async (extension, start, message) => {
    const file = path.join(folder, `file.${extension}`);
    await writeFile(file, Buffer.from(start + '\0'.repeat(99), 'latin1'));
    await expectRefused(file, /got no weights/, message);
  });

  it('of another network', async () => {
    const file = path.join(folder, 'other.safetensors');
    const { tensors } = await readSafetensors(weights);
    const { shape, ...tensor } = tensors.get('conv1.bias')!;
    await writeSafetensors(file, [['encoder.layer.0', { ...tensor, shape }]]);
    const outcome = await fcn('evaluate', '--weights', file, '--data', tinyData);
    expectError(
      outcome,
      2,
      file,
      /encoder\.layer\.0.*expected a part of VGG-16, VGG-19, AlexNet, GoogLeNet, SqueezeNet, MobileNetV2, ResNet-50 or ResNet-101, or an FCN on one of them/,
    );
  });

  it('that lacks a tensor', async () => {
    const file = path.join(folder, 'lacking.safetensors');
    const { tensors, metadata } = await readSafetensors(weights);
    tensors.delete('conv4.weight');
    await writeSafetensors(file, tensors, metadata);
    await expectRefused(file, /got no tensor conv4\.weight/);
  });

  it('of numbers that are none', async () => {
    const file = path.join(folder, 'nan.safetensors');
    const { tensors, metadata } = await readSafetensors(weights);
    (tensors.get('score_fr.bias')!.data as Float32Array).fill(Number.NaN);
    await writeSafetensors(file, tensors, metadata);
    const outcome = await fcn('evaluate', '--weights', file, '--data', tinyData);
    expectError(outcome, 2, /NaN.*weights are damaged, or their training diverged/);
  });
});

describe('weights that do not belong to the data', () => {
  it('cannot be evaluated with other classes', async () => {
    const out = path.join(folder, 'predictions');
    const data = `${tinyData}&classes=4`;
    const outcome = await fcn('evaluate', '--weights', weights, '--data', data, '--save-predictions', out);
    expectError(outcome, 2, /network with 6 classes.*expected 4/, data);
    expect(existsSync(out)).toBe(false);
  });

  it('begin a training of other classes with new score layers, and that is said', async () => {
    const run = path.join(folder, 'other-classes');
    const data = ['--data', `${tinyData}&classes=4`];
    const outcome = await fcn(...tinyTraining(run, ...data, '--init', weights, '--iterations', '1'));
    expectSuccess(outcome);
    expect(outcome.stderr).toMatch(/initialized \d+: score_fr, upscore \(6 classes in the file, not 4\)/);
  });

  it('cannot begin a training of another width', async () => {
    const run = path.join(folder, 'other-width');
    const outcome = await fcn(
      ...tinyTraining(run, '--init', weights, '--width', '0.125', '--iterations', '1'),
    );
    expectError(outcome, 2, /got width 0\.0625.*expected width 0\.125.*use --width 0\.0625/);
    expect(existsSync(run)).toBe(false);
  });

  it('bring their preprocessing: another cannot be asked for', async () => {
    const run = path.join(folder, 'other-input');
    const outcome = await fcn(
      ...tinyTraining(run, '--init', weights, '--input', 'caffe', '--iterations', '1'),
    );
    expectError(outcome, 2, /--input: got caffe/, weights, /leave --input out/);
    expect(existsSync(run)).toBe(false);
  });
});

describe('predictions to score', () => {
  it('of which one is missing', async () => {
    const outcome = await fcn('score', '--data', tinyData, '--predictions', path.join(folder, 'nowhere'));
    expectError(outcome, 2, path.join(folder, 'nowhere', 'val_000000.png'), /got 0 of 2, .* are missing/);
  });

  it('of which one is damaged', async () => {
    const predictions = path.join(folder, 'damaged');
    expectSuccess(
      await fcn('evaluate', '--weights', weights, '--data', tinyData, '--save-predictions', predictions),
    );
    const file = path.join(predictions, 'val_000001.png');
    await writeFile(file, (await readFile(file)).subarray(0, 60));
    const outcome = await fcn('score', '--data', tinyData, '--predictions', predictions);
    expectError(outcome, 2, file, /damaged PNG/);
  });
});
