import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import type { Dataset } from '../../src/data/datasets/dataset.ts';
import { inLabeling } from '../../src/data/datasets/labelings.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import { decodeLabelPng } from '../../src/data/images/label-png.ts';
import { asPicture } from '../../src/data/images/picture.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { evaluate } from '../../src/inference/evaluate/evaluate.ts';
import { scorePredictions } from '../../src/inference/evaluate/score.ts';
import { metricsSchema } from '../../src/inference/metrics/metrics-schema.ts';
import { loadExported } from '../../src/inference/predict/load-segmenter.ts';
import { predictImages } from '../../src/inference/predict/predict.ts';
import { createSegmenter, type Segmenter } from '../../src/inference/predict/segmenter.ts';
import { withViews } from '../../src/inference/predict/test-time-augmentation.ts';
import { writePrediction } from '../../src/inference/predict/write-prediction.ts';
import { compare } from '../../src/inference/quantize/compare.ts';
import { compileExport } from '../../src/networks/graphs/export.ts';
import type { Model } from '../../src/weights/model.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { temporaryFolder, writeFiles } from '../data/helpers.ts';
import { twoLabelings } from '../data/two-labelings.ts';
import { randomModel } from '../weights/models.ts';
import { balanceClasses } from './predict/balance-classes.ts';

const model = 'fcn8s-squeezenet';
const width = 1 / 16;
let dataset: Dataset;
let both: Model;
/** Networks of one head each, which the heads of the other were made from. */
let alone: Model[];

beforeAll(async () => {
  dataset = await twoLabelings('shapes:?val=4&size=48&classes=4', 'val');
  const heads = dataset.labelings!.map(({ name, classes }) => ({ name, classes: [...classes] }));
  const { image } = await dataset.load(0);
  alone = [];
  for (const { classes } of heads) {
    const one = randomModel({ model, width, numClasses: classes.length, classes });
    await balanceClasses(one, image);
    alone.push(one);
  }
  const [first, second] = alone as [Model, Model];
  const config = { ...first.config, heads };
  const { weights } = transplant(first, config, 1);
  for (const [name, tensor] of second.weights) {
    const own = name.replace('.', '_place.');
    if (weights.has(own)) weights.set(own, tensor);
  }
  both = { config, weights };
});

const withSegmenter = async <T>(network: Model, use: (segmenter: Segmenter) => Promise<T>): Promise<T> => {
  const segmenter = await createSegmenter(network, { threads: 1 });
  return use(segmenter).finally(() => segmenter.release());
};

describe('a network with two heads', () => {
  it('is scored in each as the network that has that head alone', async () => {
    const metrics = await withSegmenter(both, (segmenter) => evaluate({ segmenter, dataset }));
    const expected = await Promise.all(
      alone.map((one, i) =>
        withSegmenter(one, (segmenter) => evaluate({ segmenter, dataset: inLabeling(dataset, i) })),
      ),
    );
    const { heads, ...first } = metrics;
    expect(first).toEqual(expected[0]);
    expect(heads).toEqual({ shape: expected[0], place: expected[1] });
    for (const { classes } of Object.values(heads!)) {
      expect(classes.filter(({ iou }) => iou).length).toBeGreaterThan(1);
    }
    expect(metricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
  });

  it('is scored on the labelings that a data set has', async () => {
    const { heads } = await withSegmenter(both, (segmenter) => evaluate({ segmenter, dataset }));
    for (const [i, name] of ['shape', 'place'].entries()) {
      const one = inLabeling(dataset, i);
      const metrics = await withSegmenter(both, (segmenter) => evaluate({ segmenter, dataset: one }));
      expect(metrics).toEqual(heads![name]);
      const ofOne = await withSegmenter(alone[i]!, (segmenter) => evaluate({ segmenter, dataset }));
      expect(ofOne).toEqual(heads![name]);
    }
    const other = randomModel({ model, width, numClasses: 7, classes: [...'abcdefg'] });
    await expect(withSegmenter(other, (segmenter) => evaluate({ segmenter, dataset }))).rejects.toThrow(
      /got a network with 7 classes \(fcn8s-squeezenet\), expected 4 and 3 as in/,
    );
  });

  it('gives scores of an image as a whole, in tiles and from several sides', async () => {
    const scores = (network: Model) =>
      withSegmenter(network, async (segmenter) => {
        const { image } = await dataset.load(1);
        const plain = await segmenter.scores(image);
        const mean = await withViews(segmenter, ['flip', 'scales']).scores(image);
        return [plain, mean].map(({ data }) => [...data]);
      });
    const [first, second] = [await scores(alone[0]!), await scores(alone[1]!)];
    expect(await scores(both)).toEqual([0, 1].map((i) => [...first[i]!, ...second[i]!]));
  });

  it.each(['auto', 200] as const)('writes predictions of each, tile %s', async (tile) => {
    const folder = await temporaryFolder();
    const large = await twoLabelings('shapes:?val=1&size=420&classes=4', 'val');
    const { image } = await large.load(0);
    await writeFiles(folder, { 'photo.png': await encodePng(asPicture(image)) });
    const out = path.join(folder, 'out');
    const [found] = await withSegmenter(both, (segmenter) =>
      predictImages({
        segmenter,
        images: [path.join(folder, 'photo.png')],
        out,
        tile,
        overlay: true,
        logits: true,
      }),
    );
    expect((await readdir(out)).sort()).toEqual([
      ...['photo.npy', 'photo.overlay.png', 'photo.place.npy', 'photo.place.overlay.png', 'photo.place.png'],
      'photo.png',
    ]);
    for (const [i, name] of ['photo', 'photo.place'].entries()) {
      const [expected, scores] = await withSegmenter(alone[i]!, async (segmenter) => [
        await segmenter.segment(image),
        await segmenter.scores(image),
      ]);
      const png = await readFile(path.join(out, `${name}.png`));
      expect(decodeLabelPng(png, name).data).toEqual(expected.data);
      const npy = await readFile(path.join(out, `${name}.npy`));
      const numbers = new Float32Array(
        npy.buffer.slice(npy.byteOffset + npy.length - scores.data.byteLength, npy.byteOffset + npy.length),
      );
      expect(numbers).toEqual(scores.data);
    }
    expect(Object.keys(found!.heads!)).toEqual(['shape', 'place']);
    expect(found!.heads!.place!.prediction).toBe(path.join(out, 'photo.place.png'));
    expect(found!.heads!.place!.pixels.reduce((a, b) => a + b)).toBe(420 * 420);
    expect(found!.pixels).toEqual(found!.heads!.shape!.pixels);
  });

  it.each([true, false])('is the same when it was exported, with scores: %s', async (scores) => {
    const file = Buffer.concat(compileExport(both.config, both.weights, { scores }));
    const exported = await loadExported(nativeRuntime, file, 'both.onnx', { threads: 1 });
    const { image } = await dataset.load(2);
    const found = await exported.segmentHeads(image);
    await exported.release();
    expect(exported.config.heads!.map(({ name }) => name)).toEqual(['shape', 'place']);
    for (const [i, one] of alone.entries()) {
      expect(found[i]!.data).toEqual(
        (await withSegmenter(one, (segmenter) => segmenter.segment(image))).data,
      );
    }
    // For any runtime: the outputs by their names.
    const session = await nativeRuntime.createSession(file, { threads: 1 });
    const classes = {
      dtype: 'uint8',
      shape: [1, 48, 48],
      data: new Uint8Array(48 * 48),
    } satisfies Tensor<'uint8'>;
    const input = {
      dtype: 'uint8',
      shape: [1, 48, 48, 3],
      data: asPicture(image).data,
    } satisfies Tensor<'uint8'>;
    await session.run({ image: input }, { classes_place: classes });
    await session.release();
    expect(classes.data).toEqual(found[1]!.data);
  });

  it('is compared with an ONNX file by every head', async () => {
    const metrics = await withSegmenter(both, (segmenter) => evaluate({ segmenter, dataset }));
    const file = (network: Model) =>
      Buffer.concat(compileExport(network.config, network.weights, { scores: false }));
    const same = await compare(both, file(both), dataset, nativeRuntime, { threads: 1 }, () => {});
    expect(same).toEqual({ float: metrics, quantized: metrics, agreement: 1 });
    // Another second head alone.
    const weights = new Map(both.weights);
    const name = 'score_fr_place.bias';
    weights.set(name, {
      ...weights.get(name)!,
      data: weights.get(name)!.data.map((value, i) => (i === 0 ? 1e6 : value)),
    });
    const other = await compare(
      both,
      file({ ...both, weights }),
      dataset,
      nativeRuntime,
      { threads: 1 },
      () => {},
    );
    expect(other.quantized.heads!.shape).toEqual(metrics.heads!.shape);
    expect(other.quantized.heads!.place!.classes[0]!.accuracy).toBe(1);
    expect(other.agreement).toBeLessThan(1);
  });

  it('is scored by its files as by its memory', async () => {
    const predictions = await temporaryFolder();
    const metrics = await withSegmenter(both, (segmenter) =>
      evaluate({
        segmenter,
        dataset,
        async onPrediction(id, _, prediction, ofHeads) {
          expect(prediction).toBe(ofHeads[0]);
          await writePrediction(predictions, id, prediction);
          await writePrediction(predictions, `${id}.place`, ofHeads[1]!);
        },
      }),
    );
    expect(await scorePredictions({ dataset, predictions })).toEqual(metrics);
  });
});
