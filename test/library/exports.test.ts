import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import * as engine from '../../src/engine/api.ts';
import * as fcn from '../../src/library/index.ts';
import * as web from '../../src/library/web/index.ts';

/** What 0.1.0 exported. Programs import these names: add to them, take none away. */
const earlier = {
  fcn: [
    'ClassBalance',
    'ConfusionMatrix',
    'FcnError',
    'RunFolder',
    'StagedFolder',
    'asModel',
    'checkDataset',
    'classFrequencies',
    'createSegmenter',
    'decodeImage',
    'decodeLabelPng',
    'encodeLabelPng',
    'evaluate',
    'ignoreLabel',
    'inputPresets',
    'loadClassifier',
    'loadModel',
    'medianFrequencyWeights',
    'metricsOf',
    'modelNames',
    'openDataset',
    'partsOf',
    'prepareRun',
    'readImage',
    'readSafetensors',
    'readWeights',
    'recipeFor',
    'recipeNames',
    'renderOverlay',
    'resolutionBounds',
    'saveModel',
    'scorePredictions',
    'splitsOf',
    'train',
    'transplant',
    'vocPalette',
    'writeSafetensors',
    'writeTorch',
  ],
  web: ['FcnError', 'classShares', 'encodeLabelPng', 'loadSegmenter', 'readExportedConfig', 'vocPalette'],
};

it('everything that earlier versions exported is still there', () => {
  expect(Object.keys(fcn)).toEqual(expect.arrayContaining(earlier.fcn));
  expect(Object.keys(web)).toEqual(expect.arrayContaining(earlier.web));
});

it.each([
  ['library', fcn],
  ['browser', web],
])('docs/%s.md names all that programs can import', async (page, exported) => {
  const text = await readFile(path.resolve(import.meta.dirname, `../../docs/${page}.md`), 'utf8');
  const unnamed = Object.keys(exported).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
  expect(unnamed).toEqual([]);
});

it('the engine exports every operator that its guide names', () => {
  const operators = [
    'convolution',
    'deconvolution',
    'maxPooling',
    'relu',
    'relu6',
    'add',
    'scale',
    'concatenate',
    'crop',
  ];
  const others = ['dropout', 'globalAveragePooling', 'spread', 'interpolate', 'localResponseNormalization'];
  const losses = ['softmaxLoss', 'focalLoss', 'diceLoss', 'lovaszLoss', 'sumOfLosses'];
  expect(Object.keys(engine)).toEqual(expect.arrayContaining([...operators, ...others, ...losses]));
});
