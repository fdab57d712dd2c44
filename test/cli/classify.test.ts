import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/weights/model-file.ts';
import { readFixture } from '../fixtures.ts';
import { randomModel } from '../weights/models.ts';
import { expectError, expectSuccess, fcn, temporaryFolder } from './fcn.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/pretrained/${name}`, import.meta.url));
const [weights, image] = [fixture('sparse.net'), fixture('image.png')];

describe('fcn classify', () => {
  it('tells what PyTorch tells, from the same features', async () => {
    const folder = await temporaryFolder();
    const [labels, json] = [path.join(folder, 'labels.txt'), path.join(folder, 'top.json')];
    // With the background that comes first in TensorFlow's lists.
    await writeFile(
      labels,
      ['background', ...Array.from({ length: 1000 }, (_, i) => `thing ${i}`), ''].join('\n'),
    );
    const options = [
      '--weights',
      weights,
      '--labels',
      labels,
      '--top',
      '7',
      '--json',
      json,
      '--features',
      folder,
    ];
    const result = await fcn('classify', image, ...options);
    expectSuccess(result);

    const { tensors } = await readFixture('pretrained');
    const probabilities = tensors.get('sparse/probabilities')!.data as Float32Array;
    const expected = [...probabilities.entries()].sort(([, a], [, b]) => b - a).slice(0, 7);
    const [{ image: file, top }] = JSON.parse(await readFile(json, 'utf8'));
    expect(file).toBe(image);
    expect(top.map(({ index }: { index: number }) => index)).toEqual(expected.map(([index]) => index));
    for (const [i, { label, probability }] of top.entries()) {
      expect(label).toBe(`thing ${expected[i]![0]}`);
      expect(probability / expected[i]![1]).toBeCloseTo(1, 4);
    }
    expect(result.stdout.split('\n')).toHaveLength(9);
    expect(result.stdout).toContain(
      `\n   ${(100 * expected[0]![1]).toFixed(1)} %  thing ${expected[0]![0]}\n`,
    );

    // numpy.lib.format: data at the end, here [512, 13, 13].
    const npy = await readFile(path.join(folder, 'image.npy'));
    const features = new Float32Array(npy.buffer.slice(npy.byteOffset + npy.length - 4 * 512 * 169));
    const means = tensors.get('sparse/features')!.data as Float32Array;
    const largest = Math.max(...means);
    means.forEach((mean, channel) => {
      const map = features.subarray(channel * 169, (channel + 1) * 169);
      expect(Math.abs(map.reduce((sum, x) => sum + x, 0) / 169 - mean)).toBeLessThan(1e-4 * largest);
    });
  });

  it('tells of the images that it can read, and at the end which it cannot', async () => {
    const broken = path.join(await temporaryFolder(), 'broken.jpg');
    await writeFile(broken, 'text');
    const classify = (...images: string[]) => fcn('classify', ...images, '--weights', weights, '--top', '1');
    const alone = await classify(image);
    const both = await classify(broken, image);
    expect(both.code).toBe(2);
    expect(both.stdout).toBe(alone.stdout);
    expect(both.stderr).toMatch(
      /^fcn: image .*broken\.jpg: cannot be .*; the other image was classified\n$/m,
    );
    const none = await classify(broken, 'missing.jpg');
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(
      /^fcn: image .*\nfcn: cannot read .*\nfcn: images: got 2, none of which can be used/m,
    );
  });

  it('refuses an FCN, a part of a classifier, and a list of other labels', async () => {
    const folder = await temporaryFolder();
    const network = path.join(folder, 'network.safetensors');
    await saveModel(network, randomModel());
    expectError(
      await fcn('classify', image, '--weights', network),
      2,
      /got fcn8s, expected a classifier; .*fcn predict/,
    );
    const thin = fixture('thin.tflite');
    expectError(
      await fcn('classify', image, '--weights', thin),
      2,
      /got no tensor block3_expand\.weight, expected .* choose the whole MobileNetV2/,
    );
    const labels = path.join(folder, 'labels.txt');
    await writeFile(labels, 'one\ntwo\n');
    expectError(
      await fcn('classify', image, '--weights', weights, '--labels', labels),
      2,
      /labels\.txt: got 2 lines, expected 1000/,
    );
  });
});
