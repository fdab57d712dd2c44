import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkDataset,
  convertData,
  convertWeights,
  createSegmenter,
  decodeLabelPng,
  evaluateNetwork,
  exportNetwork,
  inspectWeights,
  loadModel,
  openDataset,
  predictFiles,
  quantizeNetwork,
  splitsOf,
  type TrainSettings,
  trainNetwork,
  watch,
  writeReport,
} from '../../src/library/index.ts';
import { halves } from './own-data.ts';

const data = { train: halves('train', 6), val: halves('val', 3) };
const network = { model: 'fcn32s-squeezenet', width: 0.25, threads: 1 } as const;

let folder: string;
let weights: string;
const file = (...names: string[]) => path.join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-library-'));
  const size = { mode: 'native' } as const;
  const settings: TrainSettings = { data, ...network, trainSize: size, valSize: size, validateEvery: 3 };
  const trained = await trainNetwork({ ...settings, out: file('run'), duration: { iterations: 6 } });
  expect(trained).toMatchObject({ iteration: 6, finished: true });
  expect(trained.metrics!.meanIoU).toBe(trained.best!.meanIoU);
  weights = trained.folder.best;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a training on data that a program makes itself', () => {
  it('leaves a folder with all that a run has, pictures in its report too', async () => {
    for (const name of ['config.json', 'log.csv', 'val.csv', 'summary.json']) {
      expect(existsSync(file('run', name)), name).toBe(true);
    }
    expect(await readFile(file('run/report.html'), 'utf8')).toContain('data:image/');
  });

  it('goes on after an interruption as if there had been none', async () => {
    const size = { mode: 'native' } as const;
    const settings: TrainSettings = {
      ...{ data, ...network, out: file('interrupted'), report: false },
      ...{ trainSize: size, valSize: size, validateEvery: 3, duration: { iterations: 6 } },
    };
    const controller = new AbortController();
    const events = {
      onIteration: ({ iteration }: { iteration: number }) => void (iteration === 2 && controller.abort()),
    };
    const first = await trainNetwork({ ...settings, events, signal: controller.signal });
    expect(first).toMatchObject({ iteration: 2, finished: false });
    await expect(trainNetwork(settings)).rejects.toThrow(/already holds a run.*set resume/);
    const other = { ...data, train: halves('other', 6) };
    await expect(trainNetwork({ ...settings, data: other, resume: true })).rejects.toThrow(
      /got different data \(train lists/,
    );
    await trainNetwork({ ...settings, resume: true });
    const [one, two] = await Promise.all(
      ['run', 'interrupted'].map((run) => readFile(file(run, 'last.safetensors'))),
    );
    expect(Buffer.compare(one!, two!)).toBe(0);
  });

  it('takes no folder in which a name of its own belongs to something else', async () => {
    await mkdir(file('taken'));
    await writeFile(file('taken/config.json'), 'my own');
    const settings: TrainSettings = { data, ...network, out: file('taken'), duration: { iterations: 1 } };
    await expect(trainNetwork(settings)).rejects.toThrow(/config\.json/);
    expect(await readFile(file('taken/config.json'), 'utf8')).toBe('my own');
  });

  it('is looked at before, split by split', async () => {
    const { splits } = await checkDataset({ ...data, val: data.train }, { minImages: 4 });
    expect(splits.train).toMatchObject({ images: 6, classes: [{ name: 'dark' }, { name: 'bright' }] });
    expect(splits.val!.problems.map(({ message }) => message).join()).toContain(
      'leak: 6 images also in train',
    );
    await expect(checkDataset(data, { splits: ['test'] })).resolves.toMatchObject({
      splits: { test: { images: 0, problems: [{ message: expect.stringContaining('got no split test') }] } },
    });
  });

  it('is watched, and reported beside another', async () => {
    const server = await watch(file('run'), { port: 0 });
    expect(await (await fetch(server.url)).text()).toContain('fcn32s-squeezenet');
    await server.close();
    const out = await writeReport({ runs: [file('run')], out: file('both.html') });
    expect(await readFile(out, 'utf8')).toContain('fcn32s-squeezenet');
  });
});

describe('a trained network', () => {
  it('is evaluated on data of a program and of files alike', async () => {
    const spec = await convertData({ data, out: file('written') });
    expect(await splitsOf(spec)).toEqual(['train', 'val']);
    const own = await evaluateNetwork({ weights, data: data.val });
    const written = await evaluateNetwork({ weights: await loadModel(weights), data: spec });
    expect(written.confusionMatrix).toEqual(own.confusionMatrix);
  });

  it('predicts files, in tiles and in several views too', async () => {
    const dataset = await openDataset(`voc:${file('written')}`, 'val');
    const images = dataset.ids.map((_, index) => dataset.imageSource(index));
    await predictFiles({
      weights,
      images,
      out: file('predicted'),
      overlay: true,
      logits: true,
      tta: ['flip'],
    });
    const segmenter = await createSegmenter(weights, { tta: ['flip'] });
    for (const [index, id] of dataset.ids.entries()) {
      const expected = await segmenter.segment((await dataset.load(index)).image);
      const found = decodeLabelPng(await readFile(file('predicted', `${id}.png`)), id);
      expect(Buffer.compare(found.data, expected.data)).toBe(0);
      for (const ending of ['.overlay.png', '.npy'])
        expect(existsSync(file('predicted', id + ending))).toBe(true);
    }
    await segmenter.release();
  });

  it('is exported and quantized for stock ONNX Runtime', async () => {
    const out = file('network.onnx');
    const bytes = await exportNetwork({ weights, out });
    expect(Buffer.compare(bytes, await readFile(out))).toBe(0);
    const { bytes: small, comparison } = await quantizeNetwork({
      weights,
      data: data.train,
      compare: data.val,
    });
    expect(small.length).toBeLessThan(bytes.length);
    expect(comparison!.agreement).toBeGreaterThan(0.9);
    const { image } = await data.val.load(0);
    const segmenter = await createSegmenter(weights);
    const expected = await segmenter.segment(image);
    await segmenter.release();
    const session = await InferenceSession.create(bytes);
    const found = await session.run({ image: new Tensor('uint8', image.data, [1, 32, 32, 3]) });
    const same = expected.data.filter((label, i) => label === (found.classes!.data as Uint8Array)[i]).length;
    expect(same / expected.data.length).toBeGreaterThan(0.999);
  });

  it('segments a folder and a pattern from the exported file as from the weights', async () => {
    const dataset = await openDataset(`voc:${file('written')}`, 'val');
    const onnx = file('network.onnx');
    const photos = file('written/JPEGImages');
    const found = await predictFiles({ weights: onnx, images: [photos], out: file('from-folder') });
    const expected = await predictFiles({ weights, images: [`${photos}/val-*`], out: file('from-pattern') });
    expect(found).toHaveLength(9);
    expect(expected.map(({ id }) => id)).toEqual([...dataset.ids].sort());
    for (const { id, pixels } of expected) {
      const same = found.find((prediction) => prediction.id === id)!;
      const [one, two] = await Promise.all(
        [same, { prediction: file('from-pattern', `${id}.png`) }].map(({ prediction }) =>
          readFile(prediction),
        ),
      );
      expect(Buffer.compare(one!, two!)).toBe(0);
      expect(same.pixels).toEqual(pixels);
    }
    const metrics = await evaluateNetwork({ weights: onnx, data: data.val });
    expect(metrics.confusionMatrix).toEqual(
      (await evaluateNetwork({ weights, data: data.val })).confusionMatrix,
    );
  });

  it('goes on after an image that cannot be used where that is wanted', async () => {
    await writeFile(file('broken.png'), 'no image');
    const images = [file('broken.png'), file('written/JPEGImages/val-0.png')];
    const settings = { weights, images, out: file('some') };
    await expect(predictFiles(settings)).rejects.toThrow(/broken\.png/);
    const failed: string[] = [];
    const onUnusable = (image: { file: string }) => void failed.push(path.basename(image.file));
    expect(await predictFiles({ ...settings, onUnusable })).toHaveLength(1);
    expect(failed).toEqual(['broken.png']);
  });

  it('is inspected, and converted to what PyTorch reads and back', async () => {
    await convertWeights({ from: weights, to: file('network.pth') });
    await convertWeights({ from: file('network.pth'), to: file('back.safetensors') });
    const [before, after] = await Promise.all(
      [weights, file('back.safetensors')].map((name) => inspectWeights(name)),
    );
    expect(after).toEqual(before);
    expect(before).toMatchObject({ config: { model: 'fcn32s-squeezenet', numClasses: 2 } });
    expect(before!.parameters).toBeGreaterThan(1000);
  });
});
