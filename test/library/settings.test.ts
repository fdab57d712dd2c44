import { describe, expect, it } from 'vitest';
import { FcnError } from '../../src/base/errors.ts';
import * as fcn from '../../src/library/index.ts';
import { halves } from './own-data.ts';

const own = { train: halves('train', 1) };
const weights = 'w.safetensors';

/** What JavaScript lets through, and what is said of it. */
const refused: [keyof typeof fcn, unknown, RegExp][] = [
  ['trainNetwork', undefined, /^trainNetwork: got nothing, expected /],
  ['trainNetwork', {}, /^trainNetwork: data: got nothing, expected a SPEC such as voc:DIR, or Datasets/],
  [
    'trainNetwork',
    { data: halves('alone', 1) },
    /data: got .*, expected a SPEC .* by the names of their splits/,
  ],
  [
    'trainNetwork',
    { data: own, batchsize: 2 },
    /got the unknown setting batchsize, .*; did you mean batchSize\?/,
  ],
  ['trainNetwork', { batchsize: 2 }, /did you mean batchSize\?/],
  ['trainNetwork', { data: own, colour: 2 }, /got the unknown setting colour, .*; leave it out/],
  ['trainNetwork', { data: own, batchSize: 0 }, /batchSize: got 0, expected number to be >=1/],
  ['trainNetwork', { data: own, batchSize: '2' }, /batchSize: got "2", expected number/],
  ['trainNetwork', { data: own, learningRate: Number.NaN }, /learningRate: got NaN, expected number/],
  ['trainNetwork', { data: own, momentum: 1 }, /momentum: got 1, expected number to be <1/],
  ['trainNetwork', { data: own, model: 'fcn9s' }, /model: got "fcn9s", expected .*fcn8s/],
  ['trainNetwork', { data: own, objective: 'ce+dise' }, /objective: got "ce\+dise", expected/],
  [
    'trainNetwork',
    { data: own, trainSize: { mode: 'crop', height: 9 } },
    /trainSize.width: got nothing, expected number/,
  ],
  [
    'trainNetwork',
    { data: own, duration: { epochs: 1, iterations: 2 } },
    /duration: got .*expected \{ iterations \} or \{ epochs \}/,
  ],
  ['trainNetwork', { data: own, events: { onStep() {} } }, /got the unknown setting events.onStep/],
  ['trainNetwork', { data: own, budget: 1, model: 'fcn8s' }, /budget: got 1 with recipe classic/],
  ['trainNetwork', { data: own, resume: true }, /out: got nothing with resume/],
  ['predictFiles', { weights, images: 'a.png' }, /images: got "a.png", expected array/],
  ['predictFiles', { weights, images: [] }, /images: got \[\], expected at least one image/],
  [
    'predictFiles',
    { weights: 3, images: ['a.png'] },
    /weights: got 3, expected the name of a weights file, or a Model/,
  ],
  ['predictFiles', { weights, images: ['a.png'], overlays: true }, /did you mean overlay\?/],
  [
    'predictFiles',
    { weights, images: ['a.png'], tile: 'of' },
    /tile: got "of", expected a number of pixels, 'auto' or 'off'/,
  ],
  ['predictFiles', { weights, images: ['a.png'], onProgress: 1 }, /onProgress: got 1, expected a function/],
  ['evaluateNetwork', { weights, data: 3 }, /data: got 3, expected a SPEC such as voc:DIR, or a Dataset/],
  ['evaluateNetwork', { weights, data: 'shapes:', threads: 0 }, /threads: got 0, expected number to be >=1/],
  ['exportNetwork', { weights, out: 'a.pth' }, /out: got "a.pth", expected a file name that ends in .onnx/],
  ['quantizeNetwork', { weights, data: 'shapes:', images: 1.5 }, /images: got 1.5, expected int/],
  [
    'convertData',
    { data: 'shapes:', out: 'x', format: 'yolo' },
    /format: got "yolo", expected .*"voc"\|"folder"/,
  ],
  ['convertWeights', { from: weights, to: 'x.pth', input: 'tf' }, /input: got "tf", expected .*tensorflow/],
  ['scorePredictions', undefined, /^scorePredictions: got nothing, expected /],
  [
    'scorePredictions',
    { predictions: 'x', data: own.train },
    /unknown setting data, .*; did you mean dataset\?/,
  ],
  ['scorePredictions', { predictions: 'x' }, /dataset: got nothing, expected a Dataset: name, classes/],
  [
    'scorePredictions',
    { dataset: own.train },
    /predictions: got nothing, expected the name of a file or folder/,
  ],
  ['resolutionBounds', 'shapes:', /^resolutionBounds: got "shapes:", expected a Dataset/],
  ['writeReport', { runs: [] }, /runs: got \[\], expected at least one folder/],
  ['servePage', { port: 70000 }, /port: got 70000, expected number to be <=65535/],
];

describe('settings that are wrong', () => {
  it.each(refused)('%s(%o) is refused in a line', async (name, settings, message) => {
    const call = new Map(Object.entries(fcn)).get(name) as (settings: unknown) => Promise<unknown>;
    const thrown = await call(settings).then(
      () => undefined,
      (reason) => reason,
    );
    expect(thrown).toBeInstanceOf(FcnError);
    expect(thrown.exitCode).toBe(2);
    expect(thrown.message).toMatch(message);
    expect(thrown.message.startsWith(`${name}: `)).toBe(true);
  });
});
