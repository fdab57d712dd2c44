import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/base/tensor.ts';
import { backbones } from '../../src/networks/backbones/backbones.ts';
import { convolutionsOf, type Layer } from '../../src/networks/backbones/layers.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { recipeFor } from '../../src/training/recipes.ts';

const root = path.join(import.meta.dirname, '..', '..');
const page = readFileSync(path.join(root, 'docs', 'fidelity.md'), 'utf8');

describe('docs/fidelity.md', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|( --- \|)+$/.test(line))
    .map((line) => line.slice(1, -1).split(' | '));
  const claims = rows.filter((cells) => cells.length > 2 && cells[0]!.trim() !== 'source');

  it('has five cells in every claim, and none of them is empty', () => {
    expect(claims.length).toBeGreaterThan(80);
    for (const cells of claims) {
      expect(cells, cells.join(' | ')).toHaveLength(5);
      for (const cell of cells) expect(cell.trim(), cells.join(' | ')).not.toBe('');
    }
  });

  it('names a test for each claim, or says that there is none', () => {
    for (const [source, claim, code, shownBy] of claims) {
      const what = `${source}: ${claim}`;
      expect(/`test\/[^`]+`/.test(shownBy!) || shownBy!.trim() === 'no test', what).toBe(true);
      expect(code!.trim() === '-' || /`[^`]+`/.test(code!), what).toBe(true);
    }
  });

  it('names files that exist', () => {
    const files = [...page.matchAll(/`((?:src|test|docs|peer|results|bin)\/[^`\s]+)`/g)].map(
      (match) => match[1]!,
    );
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) expect(existsSync(path.join(root, file)), file).toBe(true);
  });

  it('names tests that exist, by the title that stands in their file', () => {
    const tests = [...page.matchAll(/`(test\/[^`]+)`((?:(?:,| )* *“[^”]+”)*)/g)].flatMap(([, file, titles]) =>
      [...titles!.matchAll(/“([^”]+)”/g)].map(([, title]) => ({ file: file!, title: title! })),
    );
    const titles = page.match(/“/g)!.length;
    expect(tests).toHaveLength(titles);
    for (const { file, title } of tests) expect(hasTitle(file, title), `${file} “${title}”`).toBe(true);
  });
});

/** Whether a test file has this text as a whole string, or as a key of a table of cases. */
function hasTitle(file: string, title: string): boolean {
  const source = readFileSync(path.join(root, file), 'utf8');
  const isString = [`'`, '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
  return isString || new RegExp(`^ +${title.replaceAll(/\W/g, '\\$&')}: \\{$`, 'm').test(source);
}

/** Side of the square of pixels that one result sees, and how far apart two of them are. */
function receptiveField(layers: readonly Layer[]): { side: number; stride: number } {
  let side = 1;
  let stride = 1;
  for (const layer of layers) {
    if (layer.kind !== 'convolution' && layer.kind !== 'pooling') continue;
    side += (layer.kernel - 1) * stride;
    stride *= layer.stride;
  }
  return { side, stride };
}

describe('the networks', () => {
  // Long et al. 2015, table 1.
  it.each([
    { backbone: 'alexnet', model: 'fcn32s-alexnet', layers: 8, millions: 57, side: 355, stride: 32 },
    { backbone: 'vgg16', model: 'fcn32s', layers: 16, millions: 134, side: 404, stride: 32 },
  ] as const)(
    '$backbone has the layers, parameters, receptive field and stride of table 1',
    ({ backbone, model, layers, millions, side, stride }) => {
      const features = backbones[backbone].layers;
      expect(convolutionsOf(features).length + 1).toBe(layers); // and the score layer
      expect(receptiveField(features)).toEqual({ side, stride });
      const parameters = parametersOf({ model, numClasses: 21, width: 1, deconvolution: 'fixed' });
      const learned = parameters.filter((parameter) => parameter.learned);
      const count = learned.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      expect(Math.round(count / 1e6)).toBe(millions);
    },
  );
});

describe('FCN-GoogLeNet', () => {
  const { layers } = backbones.googlenet;

  /** Of the longest way through the layers. */
  function longest(through: readonly Layer[]): { depth: number; side: number; stride: number } {
    let [depth, side, stride] = [0, 1, 1];
    for (const layer of through) {
      if (layer.kind === 'convolution') depth += 1;
      if (layer.kind === 'convolution' || layer.kind === 'pooling') {
        side += (layer.kernel - 1) * stride;
        stride *= layer.stride;
      } else if (layer.kind === 'branches') {
        const ways = layer.branches.map(longest);
        depth += Math.max(...ways.map((way) => way.depth));
        side += (Math.max(...ways.map((way) => way.side)) - 1) * stride;
      }
    }
    return { depth, side, stride };
  }

  // Long et al. 2015, table 1: 22 layers, 6 M parameters, receptive field 907, stride 32.
  it('has the depth, parameters and stride of table 1, and its receptive field without the pooling that is discarded', () => {
    const { depth, side, stride } = longest(layers);
    expect({ depth: depth + 1, stride }).toEqual({ depth: 22, stride: 32 }); // and the score layer
    const averagePooling = (7 - 1) * 32;
    expect(side + averagePooling).toBe(907);
    const parameters = parametersOf({
      ...{ model: 'fcn32s-googlenet', numClasses: 21, width: 1, deconvolution: 'fixed' },
    } as const);
    const learned = parameters.filter((parameter) => parameter.learned);
    const count = learned.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(Math.round(count / 1e6)).toBe(6);
  });
});

describe('the recipes', () => {
  it('paper2015 is section 4.3 of the CVPR paper', () => {
    const recipe = recipeFor('paper2015', 'fcn32s');
    expect(recipe).toMatchObject({
      ...{ batchSize: 1, accumulate: 20, momentum: 0.9, weightDecay: 5e-4, learningRate: 1e-4, loss: 'mean' },
      ...{ schedule: 'constant', duration: { epochs: 175 }, dropout: 0.5, deconvolution: 'final-fixed' },
      ...{ trainSize: { mode: 'native' }, valSize: { mode: 'native' }, augment: [] },
    });
    // By line search: 1e-3 for FCN-AlexNet, 1e-4 for FCN-VGG16, 5e-5 for FCN-GoogLeNet.
    expect(recipeFor('paper2015', 'fcn32s-alexnet')).toEqual({ ...recipe, learningRate: 1e-3 });
    expect(recipeFor('paper2015', 'fcn32s-googlenet')).toEqual({ ...recipe, learningRate: 5e-5 });
    // Section 4.2: decreased by a factor of 100.
    expect(recipe.learningRate / recipeFor('paper2015', 'fcn16s').learningRate).toBeCloseTo(100, 6);
  });

  // base_lr and max_iter of voc-fcn32s, 16s, 8s and 8s-atonce in the reference code; the other lines are the same in all.
  it.each([
    { model: 'fcn32s', learningRate: 1e-10, iterations: 100_000 },
    { model: 'fcn16s', learningRate: 1e-12, iterations: 100_000 },
    { model: 'fcn8s', learningRate: 1e-14, iterations: 100_000 },
    { model: 'fcn8s-atonce', learningRate: 1e-10, iterations: 300_000 },
  ] as const)('heavy is the reference solver of $model', ({ model, learningRate, iterations }) => {
    expect(recipeFor('heavy', model)).toMatchObject({
      ...{ learningRate, duration: { iterations }, schedule: 'constant', momentum: 0.99, weightDecay: 5e-4 },
      ...{ batchSize: 1, accumulate: 1, loss: 'sum', dropout: 0.5, deconvolution: 'fixed' },
      ...{ trainSize: { mode: 'native' }, valSize: { mode: 'native' }, augment: [] },
    });
  });

  it('classic is what the PyTorch re-implementation states', () => {
    expect(recipeFor('classic', 'fcn8s')).toMatchObject({
      ...{ batchSize: 1, accumulate: 1, learningRate: 1e-4, momentum: 0.99, weightDecay: 5e-4 },
      ...{ deconvolution: 'learned', trainSize: { height: 224, width: 224 } },
      valSize: { height: 256, width: 256 },
    });
  });
});
