import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { encodeLabelPng } from '../../src/data/images/encode-label-png.ts';
import { decodeLabelPng } from '../../src/data/images/label-png.ts';
import { vocPalette } from '../../src/data/images/palette.ts';
import { readChannels } from '../../src/data/images/read-channels.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { tiffFile } from '../data/tiff-writer.ts';
import { expectError, expectSuccess, temporaryFolder } from './fcn.ts';
import { fcnInside as fcn } from './inside.ts';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);

/** Images of shapes and, in a fourth channel of 16 bits, their classes as a camera for something else might see them. */
async function makeFolder(name: string, channels: 4 | 6): Promise<void> {
  for (const part of ['images', 'masks', 'splits']) await mkdir(at(name, part), { recursive: true });
  const side = 40;
  for (const split of ['train', 'val']) {
    const shapes = await openShapes('?train=6&val=2&size=40&classes=3', split);
    for (const index of shapes.ids.keys()) {
      const { id, image, label } = await shapes.load(index);
      const pixel = (i: number) => {
        const colors = [0, 1, 2].map((c) => 200 * image.data[3 * i + c]!);
        const infrared = label.data[i] === 255 ? 9000 : 20000 + 5000 * label.data[i]!;
        return [...colors, infrared, 1, 2].slice(0, channels);
      };
      const data = Uint16Array.from(Array.from({ length: side * side }, (_, i) => pixel(i)).flat());
      const kind = { photometric: 2, extraSamples: Array(channels - 3).fill(0) } as const;
      await writeFile(at(name, 'images', `${id}.tif`), tiffFile(data, [side, side, channels], kind));
      await writeFile(at(name, 'masks', `${id}.png`), encodeLabelPng(label, vocPalette()));
    }
    await writeFile(at(name, 'splits', `${split}.txt`), shapes.ids.map((id) => `${id}\n`).join(''));
    await writeFile(at(name, 'classes.txt'), shapes.classes.map((one) => `${one}\n`).join(''));
  }
}

const training = (out: string, ...more: string[]) =>
  fcn(
    ...['train', '--data', `folder:${at('four')}`, '--channels', '4', '--model', 'fcn32s-squeezenet'],
    ...[
      '--width',
      '0.125',
      '--native-size',
      '--learning-rate',
      '1e-2',
      '--iterations',
      '4',
      '--out',
      at(out),
      ...more,
    ],
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  await makeFolder('four', 4);
  await makeFolder('six', 6);
  expectSuccess(await training('run'));
});

describe('images of four channels', () => {
  it('train a network that says what it takes', async () => {
    const { config, weights } = await loadModel(at('run', 'best.safetensors'));
    expect(config.input).toMatchObject({
      ...{ channels: [0, 1, 2, 3], names: ['red', 'green', 'blue', 'channel 4'], bits: 16, scale: 1 },
    });
    expect(weights.get('conv1.weight')!.shape.slice(1)).toEqual([4, 7, 7]);
    // As torchvision has it for colors, pixel / 255: what was measured, here of 20000 to 30000.
    const { mean, std } = config.input;
    expect(255 * mean[3]!).toBeGreaterThan(15000);
    expect(255 * mean[3]!).toBeLessThan(25000);
    expect(std.every((deviation) => deviation > 1 && deviation < 100)).toBe(true);
    expect(await readFile(at('run', 'report.html'), 'utf8')).toContain('val_000000');
  });

  it('are evaluated, predicted, exported and inspected as others are', async () => {
    const weights = ['--weights', at('run', 'best.safetensors')];
    const data = ['--data', `folder:${at('four')}`];
    const evaluated = await fcn('evaluate', ...weights, ...data, '--json', at('metrics.json'));
    expectSuccess(evaluated);
    expectSuccess(await fcn('export', ...weights, '--out', at('model.onnx')));
    expectSuccess(await fcn('evaluate', '--weights', at('model.onnx'), ...data, '--json', at('onnx.json')));
    expect(JSON.parse(await readFile(at('onnx.json'), 'utf8'))).toEqual(
      JSON.parse(await readFile(at('metrics.json'), 'utf8')),
    );
    const inspected = await fcn('inspect', at('run', 'best.safetensors'));
    expect(inspected.stdout).toMatch(/^input: red, green, blue, channel 4 of 16 bits, scale 1/m);
    const predict = ['predict', ...weights, '--overlay', '--out', at('predictions')];
    const whole = await fcn(...predict, at('four', 'images', 'val_000000.tif'));
    expectSuccess(whole);
    const classes = async () =>
      decodeLabelPng(await readFile(at('predictions', 'val_000000.png')), 'predicted');
    const before = await classes();
    expectSuccess(await fcn(...predict, '--tile', '33', at('four', 'images', 'val_000000.tif')));
    expect(await classes()).toEqual(before);
    expectSuccess(await fcn('convert', at('run', 'best.safetensors'), at('model.pth')));
    expect((await loadModel(at('model.pth'))).config).toEqual(
      (await loadModel(at('run', 'best.safetensors'))).config,
    );
  });

  it('are refused where a network takes others, in a line', async () => {
    const initial = ['--init', at('run', 'best.safetensors')];
    const weights = ['--weights', at('run', 'best.safetensors')];
    const six = at('six', 'images', 'val_000000.tif');
    expectError(await fcn('predict', ...weights, '--out', at('none'), six), 2, 'got 6 channels, expected 4');
    const data = ['--data', `folder:${at('six')}`];
    expectError(await fcn('evaluate', ...weights, ...data), 2, 'got 6 channels, expected 4');
    expectError(await training('none', '--augment', 'flip,color'), 2, '--augment: got color', '4 channels');
    expectError(
      await training('none', '--data', 'shapes:?train=2&val=2'),
      2,
      'shapes:',
      'read as RGB',
      'folder:',
    );
    const start = await training('none', '--data', `folder:${at('six')}`, '--channels', '6', ...initial);
    expectError(start, 2, 'got a network for images of 4 channels, expected one for 6');
  });

  it('go on training where a run was stopped, and start from it', async () => {
    const weightsOf = async (run: string) => (await loadModel(at(run, 'last.safetensors'))).weights;
    expectSuccess(await training('short', '--iterations', '2'));
    expectSuccess(await fcn('train', '--resume', '--out', at('short'), '--iterations', '4'));
    expect(await weightsOf('short')).toEqual(await weightsOf('run'));
    const next = await training('next', '--init', at('run', 'last.safetensors'), '--iterations', '0');
    expectSuccess(next);
    expect(next.stderr).toMatch(/^copied 53: /m);
    expect(await weightsOf('next')).toEqual(await weightsOf('run'));
  });

  it('start from weights for RGB images, whose first layer is adapted and said so', async () => {
    const given = ['--model', 'fcn8s-mobilenetv2', '--width', '1', '--init', 'builtin', '--iterations', '0'];
    const { stderr } = await training('adapted', ...given);
    expect(stderr).toMatch(
      /^expanded 1: conv1 \(red, green, blue copied; channel 4: the mean of red, green and blue\)$/m,
    );
  });

  it('may lie in several files, whose channels are put together', async () => {
    const [id, side] = ['val_000000', 40];
    const { data } = (await readChannels(at('four', 'images', `${id}.tif`), 4)).image;
    const part = (keep: (channel: number) => boolean) => Uint16Array.from(data.filter((_, i) => keep(i % 4)));
    for (const folder of ['colors', 'infrared']) await mkdir(at(folder), { recursive: true });
    const colors = tiffFile(
      part((c) => c < 3),
      [side, side, 3],
      { photometric: 2, extraSamples: [] },
    );
    await writeFile(at('colors', `${id}.tif`), colors);
    const infrared = tiffFile(
      part((c) => c === 3),
      [side, side, 1],
      { photometric: 1, extraSamples: [] },
    );
    await writeFile(at('infrared', `${id}.tif`), infrared);
    const predict = (out: string, ...more: string[]) =>
      fcn('predict', '--weights', at('run', 'best.safetensors'), '--out', at(out), ...more);
    expectSuccess(await predict('of-one', at('four', 'images', `${id}.tif`)));
    expectSuccess(await predict('of-two', '--with', at('infrared'), at('colors', `${id}.tif`)));
    expect(await readFile(at('of-two', `${id}.png`))).toEqual(await readFile(at('of-one', `${id}.png`)));
    expectError(
      await predict('none', '--with', at('six'), at('colors', `${id}.tif`)),
      2,
      '--with: got no file',
    );
    const twice = ['--with', at('infrared'), '--with', at('infrared'), at('colors', `${id}.tif`)];
    expectError(await predict('none', ...twice), 2, 'got 5 channels with 16 bits, expected 4 with 16 bits');
  });
});

describe('streams', () => {
  it('train as one network, each from weights of its own, and go on', async () => {
    const streams = ['--streams', 'color=3,infrared=1', '--iterations', '1'];
    expectSuccess(await training('streams', ...streams));
    const { config, weights } = await loadModel(at('streams', 'last.safetensors'));
    expect(config.streams).toEqual([
      { name: 'color', channels: 3 },
      { name: 'infrared', channels: 1 },
    ]);
    expect(weights.get('infrared.conv1.weight')!.shape[1]).toBe(1);
    const inspected = await fcn('inspect', at('streams', 'last.safetensors'));
    expect(inspected.stdout).toMatch(
      /^fcn32s-squeezenet of color \(3 channels\) and infrared \(1 channel\), /,
    );
    // Of a network for all four channels, the color stream can take nothing; of one that has the streams, all.
    const whole = at('streams', 'last.safetensors');
    const next = await training('streams-next', ...streams, '--iterations', '0', '--init', whole);
    expectSuccess(next);
    expect((await loadModel(at('streams-next', 'last.safetensors'))).weights).toEqual(weights);
    expectSuccess(await fcn('evaluate', '--weights', whole, '--data', `folder:${at('four')}`));
    const wrong = await training('none', ...streams, '--init', `color=${whole},depth=${whole}`);
    expectError(
      wrong,
      2,
      '--init: got color=',
      'expected a file, or one for each stream: color=FILE,infrared=FILE',
    );
    expectError(
      await training('none', '--streams', 'color=3'),
      2,
      "--streams: got 'color=3', expected at least two",
    );
    expectError(
      await training('none', '--streams', 'color=3,infrared=2'),
      2,
      '--streams: got 5 channels in all',
    );
  });
});
