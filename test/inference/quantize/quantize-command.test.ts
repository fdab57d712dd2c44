import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readExportedConfig } from '../../../src/weights/exported-config.ts';
import { saveModel } from '../../../src/weights/model-file.ts';
import { expectError, expectSuccess, fcn, temporaryFolder } from '../../cli/fcn.ts';
import { fcnInside } from '../../cli/inside.ts';
import { describeOnnxChecker, inspectOnnx } from '../../networks/export/inspect-onnx.ts';
import { randomModel } from '../../weights/models.ts';

const model = randomModel({ model: 'fcn8s', numClasses: 4, classes: ['a', 'b', 'c', 'd'], width: 1 / 16 });
const data = 'shapes:?train=3&val=2&size=48&classes=4';
let folder: string;
let weights: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  weights = path.join(folder, 'weights.safetensors');
  await saveModel(weights, model);
});

const args = (out: string) => ['quantize', '--weights', weights, '--data', data, '--out', out];
const quantize = (out: string, ...more: string[]) => fcnInside(...args(out), '--threads', '1', ...more);

describe('fcn quantize', () => {
  it('writes a file of less than half the size, says what it is, and compares it', async () => {
    const out = path.join(folder, 'model.onnx');
    const outcome = await fcn(...args(out), '--images', '2', '--compare', 'val', '--scores');
    expectSuccess(outcome);
    const bytes = await readFile(out);
    expect(readExportedConfig(bytes, out)).toEqual(model.config);
    const float = path.join(folder, 'float.onnx');
    expectSuccess(await fcnInside('export', '--weights', weights, '--out', float));
    expect(bytes.length).toBeLessThan((await readFile(float)).length / 2);
    const [size, image, classes, scores, how, ...more] = outcome.stdout.trimEnd().split('\n');
    expect(size).toMatch(/model\.onnx: fcn8s, 4 classes, \d\.\d MB$/);
    expect(image).toContain('image    uint8 [1, height, width, 3]');
    expect(classes).toContain('classes  uint8 [1, height, width]');
    expect(scores).toContain('scores   float32 [1, 4, height, width]');
    const [, calibration] = /^weights of [78] bits, ranges by ([\w.-]+)/.exec(how!)!;
    const [trials, ...percents] = more.splice(
      0,
      more.findIndex((line) => line.startsWith('on ')),
    );
    expect(trials).toBe('pixels that get another class than in float32, on some of the images:');
    expect(percents.map((line) => line.trim().split(/ +/)[2])).toContain(calibration);
    expect(percents.length).toBeGreaterThanOrEqual(4);
    const [on, ...rows] = more;
    expect(on).toMatch(/^on shapes:.* val: mean IoU, pixel accuracy$/);
    expect(rows[0]).toMatch(/32 bits +\d+\.\d\d +\d+\.\d\d$/);
    expect(rows[1]).toMatch(/8 bits +\d+\.\d\d +\d+\.\d\d$/);
    expect(Number(/same class +([\d.]+) %/.exec(rows[2]!)![1])).toBeGreaterThan(90);
  });

  it('refuses what it cannot use, in one line', async () => {
    const out = path.join(folder, 'refused.onnx');
    expectError(await quantize('model.pth'), 2, '--out: got model.pth', '.onnx');
    expectError(await quantize(out, '--images', '0'), 2, "--images: got '0', expected a whole number");
    expectError(await quantize(out, '--split', 'nope'), 2, 'nope');
    expectError(await quantize(out, '--compare', 'nope'), 2, 'nope');
    expectError(await quantize(out, '--weight-bits', '6'), 2, 'expected 7 or 8');
    expectError(await quantize(out, '--calibration', 'best'), 2, 'min-max');
    const noLayer = await quantize(out, '--images', '1', '--float-layers', 'conv1_1,conv9');
    expectError(noLayer, 2, 'float layers: got conv9, expected', 'conv1_1');
    const damaged = path.join(folder, 'damaged.safetensors');
    await writeFile(damaged, (await readFile(weights)).subarray(0, 1000));
    expectError(await quantize(out, '--weights', damaged), 2, 'damaged.safetensors');
    await expect(readFile(out)).rejects.toThrow('ENOENT');
  });

  it('refuses weights whose activations overflow', async () => {
    const overflowing = { ...model, weights: new Map(model.weights) };
    for (const layer of ['conv1_1', 'conv1_2']) {
      const tensor = model.weights.get(`${layer}.weight`)!;
      overflowing.weights.set(`${layer}.weight`, {
        ...tensor,
        data: tensor.data.map((value) => value * 1e30),
      });
    }
    const file = path.join(folder, 'overflowing.safetensors');
    await saveModel(file, overflowing);
    const outcome = await quantize(path.join(folder, 'x.onnx'), '--weights', file, '--images', '1');
    expectError({ ...outcome, stderr: withoutProgress(outcome.stderr) }, 2, 'calibration: got numbers from');
  });

  it('refuses to compare with data of other classes', async () => {
    const out = path.join(folder, 'other.onnx');
    const outcome = await quantize(
      out,
      '--data',
      'shapes:?train=1&val=1&size=48&classes=3',
      '--compare',
      'val',
    );
    expectError({ ...outcome, stderr: withoutProgress(outcome.stderr) }, 2, 'got a network with 4 classes');
  });
});

describeOnnxChecker(() => {
  it('accepts a quantized network and finds everything in it', async () => {
    const out = path.join(folder, 'checked.onnx');
    expectSuccess(await quantize(out, '--images', '1', '--weight-bits', '7', '--float-layers', 'none'));
    const found = await inspectOnnx(out, 'conv1_1.weight');
    expect(found).toMatchObject({
      opsets: { '': 17 },
      domains: [''],
      outputs: { classes: ['UINT8', [1, 'height', 'width']] },
      initializers: { 'conv1_1.weight': [4, 4, 3, 3], 'conv1_1.weight.scale': [4], 'conv1_1.bias': [4] },
      unused: [],
    });
    expect(found.inferredOutputs).toEqual(found.outputs);
    expect(Math.max(...found.weight.map(Math.abs))).toBe(63);
    expect(found.weight.every(Number.isInteger)).toBe(true);
  });
});

function withoutProgress(text: string): string {
  return text.replace(/^(calibrating|choosing|comparing)\b.*: .*\n/gm, '');
}
