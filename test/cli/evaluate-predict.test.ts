import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../../src/base/rng.ts';
import type { Tensor } from '../../src/base/tensor.ts';
import { decodeLabelPng } from '../../src/data/images/label-png.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { writeFiles } from '../data/helpers.ts';
import { expectError, expectSuccess, fcnCommand, startFcn, tinyTraining } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';
import { cutOff, makeVocFolder, type VocFolder } from './voc-folder.ts';

let voc: VocFolder;
let weights: string;
beforeAll(async () => {
  voc = await makeVocFolder();
  const run = path.join(voc.folder, 'run');
  const vgg = ['--model', 'fcn32s', '--width', '0.03125']; // whose first features differ from place to place
  expectSuccess(await fcn(...tinyTraining(run, ...vgg, '--data', voc.spec, '--iterations', '0')));
  weights = path.join(run, 'random.safetensors');
  // Scores that differ from place to place, or the predictions would be background and every figure would agree.
  const { tensors, metadata } = await readSafetensors(path.join(run, 'last.safetensors'));
  const stream = random(0, 'scores');
  const { data } = tensors.get('score_fr.weight') as Tensor<'float32'>;
  for (let i = 0; i < data.length; i++) data[i] = stream.normal();
  await writeSafetensors(weights, tensors, metadata);
});

async function readJson(file: string) {
  return JSON.parse(await readFile(file, 'utf8'));
}

const linesOf = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('fcn: '));

describe('fcn evaluate and fcn score', () => {
  it('give the same figures, in the form that the contract states', async () => {
    const predictions = path.join(voc.folder, 'predictions');
    const [evaluated, scored] = ['evaluated.json', 'scored.json'].map((name) => path.join(voc.folder, name));
    const data = ['--data', voc.spec];
    const evaluate = await fcn(
      'evaluate',
      ...data,
      '--weights',
      weights,
      '--save-predictions',
      predictions,
      '--json',
      evaluated!,
    );
    expectSuccess(evaluate);
    const score = await fcn('score', ...data, '--predictions', predictions, '--json', scored!);
    expectSuccess(score);

    expect(score.stdout).toBe(evaluate.stdout);
    const metrics = await readJson(evaluated!);
    expect(await readJson(scored!)).toEqual(metrics);
    expect(Object.keys(metrics)).toEqual([
      ...[
        'images',
        'pixels',
        'pixelAccuracy',
        'meanAccuracy',
        'meanIoU',
        'fwIoU',
        'meanDice',
        'meanBoundaryIoU',
        'classes',
        'confusionMatrix',
      ],
    ]);
    expect(metrics.images).toBe(2);
    expect(metrics.pixels).toBe(metrics.confusionMatrix.flat().reduce((a: number, b: number) => a + b));
    expect(metrics.classes).toHaveLength(6);
    for (const { name, iou, accuracy, pixels } of metrics.classes) {
      expect(name).toEqual(expect.any(String));
      expect(pixels).toEqual(expect.any(Number));
      for (const share of [iou, accuracy]) expect(share === null || (share >= 0 && share <= 1)).toBe(true);
    }
    for (const { recall, accuracy, precision, dice, boundaryIoU } of metrics.classes) {
      expect(recall).toBe(accuracy);
      for (const share of [precision, dice, boundaryIoU]) {
        expect(share === null || (share >= 0 && share <= 1)).toBe(true);
      }
    }
    const predicted = metrics.confusionMatrix[0].map((_: number, j: number) =>
      metrics.confusionMatrix.reduce((sum: number, row: number[]) => sum + row[j]!, 0),
    );
    expect(predicted.filter((pixels: number) => pixels > 0).length).toBeGreaterThan(1);
  });
});

describe('--per-image', () => {
  it('writes a row for each image and prints the worst first, of evaluate and of score alike', async () => {
    const [evaluated, scored, single] = ['e.csv', 's.csv', 'one.json'].map((name) =>
      path.join(voc.folder, name),
    );
    const predictions = path.join(voc.folder, 'for-each-image');
    const data = ['--data', voc.spec, '--split', 'train'];
    const saving = ['--save-predictions', predictions, '--per-image', evaluated!];
    const evaluate = await fcn('evaluate', ...data, '--weights', weights, ...saving);
    expectSuccess(evaluate);
    expectSuccess(await fcn('score', ...data, '--predictions', predictions, '--per-image', scored!));
    const csv = await readFile(evaluated!, 'utf8');
    expect(await readFile(scored!, 'utf8')).toBe(csv);

    const [header, ...rows] = csv
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(header!.slice(0, 8)).toEqual([
      ...['id', 'pixels', 'pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU', 'meanDice', 'meanBoundaryIoU'],
    ]);
    expect(header).toHaveLength(8 + 6);
    expect(rows.map(([id]) => id)).toEqual(['train_000000', 'train_000001', 'train_000002', 'train_000003']);
    const worst = [...rows].sort((a, b) => Number(a[4]) - Number(b[4]));
    const printed = evaluate.stdout
      .slice(evaluate.stdout.indexOf('worst images'))
      .trimEnd()
      .split('\n')
      .slice(2);
    expect(printed.map((line) => line.split(/\s+/))).toEqual(
      worst.map(([id, , accuracy, , iou]) => [
        id,
        ...[iou, accuracy].map((x) => (100 * Number(x)).toFixed(2)),
      ]),
    );

    // The row of an image is what the image alone scores.
    const split = path.join(voc.folder, 'ImageSets', 'Segmentation', 'single.txt');
    await writeFile(split, `${rows[1]![0]}\n`);
    const alone = ['--data', voc.spec, '--split', 'single', '--predictions', predictions, '--json', single!];
    expectSuccess(await fcn('score', ...alone));
    const metrics = await readJson(single!);
    expect(rows[1]!.slice(1)).toEqual(
      [
        ...header!.slice(1, 8).map((name) => metrics[name]),
        ...metrics.classes.map((c: { iou: number }) => c.iou),
      ].map((value) => (value === null ? '' : String(value))),
    );
  });
});

describe('fcn predict', () => {
  it('writes classes, overlay and scores at the size of the image', async () => {
    const out = path.join(voc.folder, 'new', 'results');
    const images = [voc.image('train_000000'), voc.image('val_000000')];
    expectSuccess(
      await fcn('predict', '--weights', weights, '--out', out, '--overlay', '--logits', ...images),
    );
    for (const id of ['train_000000', 'val_000000']) {
      const png = await readFile(path.join(out, `${id}.png`));
      const classes = decodeLabelPng(png, id);
      expect(classes).toMatchObject({ width: 40, height: 32 });
      // sharp, which did not write it, finds VOC's colors in it: class 1 is dark red.
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', isPalette: true });
      const { data } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const first = classes.data.indexOf(1);
      if (first >= 0) expect([...data.subarray(first * 3, first * 3 + 3)]).toEqual([128, 0, 0]);

      const overlay = await sharp(path.join(out, `${id}.overlay.png`)).metadata();
      expect(overlay.width).toBeGreaterThanOrEqual(40);
      expect(overlay.height).toBeGreaterThanOrEqual(32);

      const { shape, values } = readNpy(await readFile(path.join(out, `${id}.npy`)));
      expect(shape).toEqual([6, 32, 40]);
      const winners = Array.from(classes.data, (_, pixel) => {
        const scores = Array.from({ length: 6 }, (_, c) => values[c * 32 * 40 + pixel]!);
        return scores.indexOf(Math.max(...scores));
      });
      expect([...classes.data]).toEqual(winners);
    }
  });

  it('does the other images when some are damaged or missing, and names those at the end', async () => {
    const out = path.join(voc.folder, 'partial');
    const [damaged, good] = [voc.image('train_000001'), voc.image('val_000001')];
    await cutOff(damaged);
    const predict = (...images: string[]) => fcn('predict', '--weights', weights, '--out', out, ...images);
    const one = await predict(damaged, good);
    expect(one.code).toBe(2);
    expect(one.stdout).toBe(`${path.join(out, 'val_000001.png')}\n`);
    expect(linesOf(one.stderr)).toEqual([
      expect.stringMatching(
        /^fcn: image .*train_000001.* cannot be decoded .*; the other image was segmented$/,
      ),
    ]);
    expect(decodeLabelPng(await readFile(path.join(out, 'val_000001.png')), '')).toMatchObject({ width: 40 });
    const two = await predict(damaged, good, 'missing.jpg');
    expect(two.code).toBe(2);
    expect(linesOf(two.stderr)).toEqual([
      expect.stringMatching(/^fcn: image .*train_000001/),
      'fcn: cannot read the image missing.jpg: there is no such file or folder',
      'fcn: images: got 2 of 3 that cannot be used (see above); the others were segmented',
    ]);
    expectError(await predict('missing.jpg'), 2, /cannot read the image missing\.jpg/);
    const none = await predict('missing.jpg', 'other\uFFFD.jpg');
    expect(none.code).toBe(2);
    expect(linesOf(none.stderr).slice(1)).toEqual([
      'fcn: cannot read the image other\uFFFD.jpg: its name is not UTF-8, so it cannot be opened; rename it',
      'fcn: images: got 2, none of which can be used (see above)',
    ]);
  });

  it('takes images with the longest names, and names those whose results have none', async () => {
    const [images, out] = [path.join(voc.folder, 'long'), path.join(voc.folder, 'long-out')];
    const photo = await readFile(voc.image('val_000000'));
    const [longest, tooLong] = ['ö'.repeat(120), 'a'.repeat(245)]; // with an ending, 252 and 257 bytes
    await writeFiles(images, { [`${longest}.png`]: photo, [`${tooLong}.png`]: photo });
    const args = ['predict', '--weights', weights, '--out', out, '--overlay', images];
    const { code, stderr } = await fcn(...args);
    expect(stderr).toMatch(/a{245}\.png: got a name .* have 257 bytes, expected at most 255; rename it/);
    expect(code).toBe(2);
    expect((await readdir(out)).sort()).toEqual([`${longest}.overlay.png`, `${longest}.png`]);
  });

  it('takes folders, patterns and standard input, and says what it found', async () => {
    const [images, out] = [path.join(voc.folder, 'photos'), path.join(voc.folder, 'found')];
    const photo = await readFile(voc.image('val_000000'));
    await writeFiles(images, { 'a.PNG': photo, 'below/b.png': photo, 'note.txt': 'no image' });
    const predict = (...args: string[]) => fcn('predict', '--weights', weights, '--out', out, ...args);
    const folder = await predict(images, '--quiet');
    expectSuccess(folder);
    expect(folder).toMatchObject({ stderr: '', stdout: `2 predictions in ${out}/: ID.png\n` });
    const pattern = await predict(path.join(images, '**', 'b.*'), '--json', '-');
    expectSuccess(pattern);
    const { failed, images: found } = JSON.parse(pattern.stdout);
    expect(failed).toEqual([]);
    const prediction = path.join(out, 'b.png');
    expect(found).toMatchObject([
      { image: path.join(images, 'below', 'b.png'), prediction, width: 40, height: 32 },
    ]);
    const { data } = decodeLabelPng(await readFile(prediction), '');
    const pixels = (label: number) => data.filter((value) => value === label).length;
    for (const { class: label, pixels: counted, share } of found[0].classes) {
      expect([counted, share]).toEqual([pixels(label), pixels(label) / data.length]);
    }
    const command = fcnCommand('predict', '--weights', weights, '--out', out, '-');
    await promisify(execFile)('sh', ['-c', `${command} < '${path.join(images, 'a.PNG')}'`]);
    await expect(promisify(execFile)('sh', ['-c', `echo text | ${command}`])).rejects.toThrow(
      /fcn: image standard input: cannot be decoded/,
    );
    await expect(promisify(execFile)('sh', ['-c', `${command} < /dev/null`])).rejects.toThrow(
      /fcn: standard input: got nothing, expected an image/,
    );
    const written = ['a.png', 'below/b.png', 'b.png', 'stdin.png'].map((name) => path.join(out, name));
    const bytes = await Promise.all(written.map((file) => readFile(file)));
    for (const other of bytes) expect(other).toEqual(bytes[0]);
    expectError(await predict(path.join(images, '*.gif')), 2, /got no image file with such a name/);
  });

  it('takes an exported network, like evaluate', async () => {
    const file = path.join(voc.folder, 'exported.onnx');
    expectSuccess(await fcn('export', '--weights', weights, '--out', file));
    const outs = [weights, file].map((_, i) => path.join(voc.folder, `by-${i}`));
    for (const [i, network] of [weights, file].entries()) {
      const out = ['--out', outs[i]!, '--logits', '--resize', '41x50'];
      expectSuccess(await fcn('predict', '--weights', network, ...out, voc.image('val_000000')));
    }
    const png = (out: string) => readFile(path.join(out, 'val_000000.png'));
    expect(await png(outs[1]!)).toEqual(await png(outs[0]!));
    const [scores, exported] = await Promise.all(
      outs.map((out) => readFile(path.join(out, 'val_000000.npy'))),
    );
    const floats = (bytes: Buffer) => new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128));
    const difference = floats(exported!).map((score, i) => Math.abs(score - floats(scores!)[i]!));
    expect(Math.max(...difference)).toBeLessThan(1e-4);
    const evaluate = (network: string) =>
      fcn('evaluate', '--weights', network, '--data', voc.spec, '--json', '-', '--quiet');
    const [own, ofExported] = [await evaluate(weights), await evaluate(file)];
    expect(JSON.parse(ofExported.stdout)).toEqual(JSON.parse(own.stdout));
    const wrong = ['--weights', file, '--input', 'caffe', '--out', outs[0]!, voc.image('val_000000')];
    expectError(await fcn('predict', ...wrong), 2, /input: got caffe .* include their preprocessing/);
  });

  it('gives the same in tiles, and refuses tiles that are no number', async () => {
    const [whole, tiled] = ['whole', 'tiled'].map((name) => path.join(voc.folder, name));
    const image = voc.image('val_000000');
    // In processes of their own, as this one is quiet since a test above.
    const predict = (out: string, tile: string) =>
      startFcn('predict', '--weights', weights, '--out', out, '--overlay', '--logits', '--tile', tile, image)
        .ended;
    expectSuccess(await predict(whole!, 'off'));
    const outcome = await predict(tiled!, '16');
    expectSuccess(outcome);
    expect(outcome.stderr).toMatch(/val_000000\.\w+: 6\/6 tiles/);
    const label = async (out: string) =>
      decodeLabelPng(await readFile(path.join(out, 'val_000000.png')), out);
    expect(await label(tiled!)).toEqual(await label(whole!));
    expectError(
      await predict(tiled!, 'some'),
      2,
      /--tile: got 'some', expected a whole number of pixels, auto or off/,
    );
  });

  it('shows images several times, which scores them differently, and refuses what does not go with it', async () => {
    const json = async (...options: string[]) => {
      const file = path.join(voc.folder, 'views.json');
      const weighted = ['--weights', weights, '--data', voc.spec, '--json', file];
      expectSuccess(await fcn('evaluate', ...weighted, ...options));
      return readJson(file);
    };
    const once = await json();
    const several = await json('--tta', 'flip,scales');
    expect(several.pixels).toBe(once.pixels);
    expect(several.confusionMatrix).not.toEqual(once.confusionMatrix);

    const out = path.join(voc.folder, 'views');
    const predict = (...options: string[]) =>
      fcn('predict', '--weights', weights, '--out', out, ...options, voc.image('val_000000'));
    expectError(await predict('--tta', 'flip', '--tile', '64'), 2, /--tile: got 64 with --tta/);
    expectError(await predict('--tta', 'turn'), 2, /--tta: got 'turn', expected some of flip,scales/);
    expectSuccess(await predict('--tta', 'flip'));
  });

  it('does not write over an image', async () => {
    const image = voc.image('val_000000');
    const before = await readFile(image);
    const copy = path.join(voc.folder, 'photo.png');
    await sharp(before).png().toFile(copy);
    const outcome = await fcn('predict', '--weights', weights, '--out', voc.folder, copy);
    expectError(outcome, 2, copy, /choose one with --out/);
  });
});

/** By the format's description: magic, version 1.0, length of the header, a Python dictionary, the data. */
function readNpy(file: Buffer): { shape: number[]; values: Float32Array } {
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const dataStart = 10 + file.readUInt16LE(8);
  const header = file.subarray(10, dataStart).toString('latin1');
  expect(header).toContain("'descr': '<f4', 'fortran_order': False");
  const shape = /'shape': \(([\d, ]+)\)/.exec(header)![1]!.split(',').map(Number);
  return { shape, values: new Float32Array(new Uint8Array(file.subarray(dataStart)).buffer) };
}
