import { expect, it } from 'vitest';
import type { Tensor } from '../../../src/base/tensor.ts';
import type { Graph, Value } from '../../../src/engine/graph/graph.ts';
import { add, maximum, scale } from '../../../src/engine/operators/arithmetic.ts';
import {
  batchNormalization,
  normalizationByStatistics,
} from '../../../src/engine/operators/batch-normalization.ts';
import { concatenate } from '../../../src/engine/operators/concatenate.ts';
import { convolution, type Pad } from '../../../src/engine/operators/convolution.ts';
import { crop } from '../../../src/engine/operators/crop.ts';
import { croppedDeconvolution } from '../../../src/engine/operators/cropped-deconvolution.ts';
import { deconvolution } from '../../../src/engine/operators/deconvolution.ts';
import { dropout } from '../../../src/engine/operators/dropout.ts';
import { globalAveragePooling } from '../../../src/engine/operators/global-average-pooling.ts';
import { interpolate } from '../../../src/engine/operators/interpolate.ts';
import { localResponseNormalization } from '../../../src/engine/operators/local-response-normalization.ts';
import type { PixelLossOptions } from '../../../src/engine/operators/losses/pixel-loss.ts';
import { softmaxLoss } from '../../../src/engine/operators/losses/softmax-loss.ts';
import { type LossTerm, sumOfLosses } from '../../../src/engine/operators/losses/sum-of-losses.ts';
import { maxPooling } from '../../../src/engine/operators/max-pooling.ts';
import { paste } from '../../../src/engine/operators/paste.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import { relu6 } from '../../../src/engine/operators/relu6.ts';
import { repeatBorder } from '../../../src/engine/operators/repeat-border.ts';
import { resizeBilinear } from '../../../src/engine/operators/resize-bilinear.ts';
import { stackRows, takeRows } from '../../../src/engine/operators/rows.ts';
import { spread } from '../../../src/engine/operators/spread.ts';
import { stretch } from '../../../src/engine/operators/stretch.ts';
import { zeroFirstChannel } from '../../../src/engine/operators/zero-channel.ts';
import { useBlocks } from '../../../src/engine/rewrites/blocked/blocks.ts';
import { compareMaxima } from '../../../src/engine/rewrites/compare-maxima.ts';
import { usePhases } from '../../../src/engine/rewrites/phases.ts';
import { useWinograd } from '../../../src/engine/rewrites/winograd/winograd.ts';
import { tilesOf } from '../../../src/engine/rewrites/winograd/winograd-tiles.ts';
import type { Runtime } from '../../../src/engine/runtimes/session.ts';
import { readFixture, relativeDifference } from '../../fixtures.ts';
import { runWithGradients } from './run-graph.ts';

interface Case {
  name: string;
  op: keyof typeof operators;
  attributes: {
    pad?: Pad;
    stride?: number;
    dilation?: number;
    groups?: number;
    offset?: number;
    factor?: number;
    rate?: number;
    terms?: LossTerm[];
    kernel?: number;
    size?: number | number[];
    before?: number;
    after?: number;
    at?: number;
    start?: number;
    end?: number;
    alpha?: number;
    beta?: number;
    origin?: number;
  } & PixelLossOptions;
}
type Apply = (graph: Graph, inputs: Record<string, Value>, attributes: Case['attributes']) => Value;

/** The operators by the names that the fixtures give them. */
const operators = {
  conv: (g, { x, w, b }, { pad, stride, dilation, groups }) =>
    convolution(g, x!, w!, b, { pad: pad!, stride, dilation, groups }),
  convTranspose: (g, { x, w }, { stride }) => deconvolution(g, x!, w!, { stride: stride! }),
  croppedDeconvolution: (g, { x, w, ref }, { stride, offset }) =>
    croppedDeconvolution(g, x!, w!, { stride: stride!, offset: offset!, reference: ref! }),
  interpolate: (g, { x, ref }, { stride, origin }) =>
    interpolate(g, x!, { stride: stride!, origin: origin!, reference: ref! }),
  spread: (g, { x, ref }) => spread(g, x!, ref!),
  maxPool: (g, { x }, { kernel, stride, pad, dilation }) =>
    maxPooling(g, x!, { kernel, stride, pad: pad as number, dilation }),
  batchNormalization: (g, { x, w, b }) => batchNormalization(g, x!, { scale: w!, shift: b! }).y,
  normalizationByStatistics: (g, { x, w, b, mean, variance }) =>
    normalizationByStatistics(g, x!, { scale: w!, shift: b! }, { mean: mean!, variance: variance! }),
  resizeBilinear: (g, { x, ref }) => resizeBilinear(g, x!, ref!),
  localResponseNormalization: (g, { x }, { size, alpha, beta }) =>
    localResponseNormalization(g, x!, { size: size as number, alpha: alpha!, beta: beta! }),
  concatenate: (g, { x, b }) => concatenate(g, [x!, b!, x!]),
  repeatBorder: (g, { x }, { before, after }) => repeatBorder(g, x!, { before: before!, after: after! }),
  takeRows: (g, { x }, { start, end }) => takeRows(g, x!, g.int64([start!]), g.int64([end!])),
  stackRows: (g, { x, b }) => stackRows(g, x!, b!),
  stretch: (g, { x }, { at, size }) => stretch(g, x!, { at: at!, size: g.int64(size as number[]) }),
  paste: (g, { x, b }, { offset }) => paste(g, b!, x!, { offset: offset! }),
  globalAveragePool: (g, { x }) => globalAveragePooling(g, x!),
  zeroFirstChannel: (g, { x }) => zeroFirstChannel(g, x!),
  relu6: (g, { x }) => relu6(g, x!),
  relu: (g, { x }) => relu(g, x!),
  crop: (g, { x, ref }, { offset }) => crop(g, x!, ref!, { offset: offset! }),
  add: (g, { x, b }) => add(g, x!, b!),
  maximum: (g, { x, b }) => maximum(g, x!, b!),
  scale: (g, { x }, { factor }) => scale(g, x!, factor!),
  dropout: (g, { x, mask }, { rate }) => dropout(g, x!, mask!, { rate: rate! }),
  softmaxLoss: (g, { x, label }, options) => softmaxLoss(g, x!, label!, options).loss,
  sumOfLosses: (g, { x, label }, { terms, ...options }) => sumOfLosses(g, x!, label!, terms!, options).loss,
} satisfies Record<string, Apply>;

const { tensors, metadata } = await readFixture('operators');
const cases: Case[] = JSON.parse(metadata.cases!);

/** Float32 sums of a few hundred terms against float64. */
const tolerance = 1e-5;

const byWinograd = cases.filter(({ name, attributes: { pad, stride, groups, dilation } }) => {
  if (stride! > 1 || groups! > 1 || dilation! > 1) return false;
  return name.startsWith('conv3x3') && Math.max(...[pad!].flat()) <= 2;
});

/** The operators on a runtime, against the values and gradients that PyTorch gave. @param few one case of each operator */
export function testOperators(runtime: Runtime, few = false): void {
  const rewritten = Object.values(tilesOf).flatMap((tiles) =>
    byWinograd.map((each) => ({
      ...each,
      title: `${each.name} by Winograd in tiles of ${tiles.results}`,
      rewrite: (graph: Graph) => useWinograd(graph, () => tiles),
    })),
  );
  const compared = cases
    .filter(({ op }) => op === 'maxPool')
    .map((each) => ({ ...each, title: `${each.name} by comparing`, rewrite: compareMaxima }));
  const byPhases = cases
    .filter(({ name }) => /^(depthwise|conv)3x3-stride2/.test(name))
    .map((each) => ({ ...each, title: `${each.name} by phases`, rewrite: usePhases }));
  const inBlocks = cases
    .filter(({ name }) => runtime.hasBlockedLayout && name.startsWith('depthwise'))
    .map((each) => ({ ...each, title: `${each.name} in blocks`, rewrite: useBlocks }));
  const plain = cases.map((each) => ({ ...each, title: each.name, rewrite: undefined }));
  const firsts = plain.filter(({ op }, i) => plain.findIndex((each) => each.op === op) === i);
  it.each(few ? firsts : [...plain, ...rewritten, ...compared, ...byPhases, ...inBlocks])(
    '$title',
    async ({ name, op, attributes, rewrite }) => {
      const inCase = (key: string) => tensors.get(`${name}/${key}`);
      const inputs = Object.fromEntries(
        ['x', 'w', 'b', 'ref', 'mask', 'label', 'mean', 'variance'].flatMap((key) =>
          inCase(key) ? [[key, inCase(key) as Tensor]] : [],
        ),
      );
      const wanted = ['x', 'w', 'b'].filter((key) => inCase(`d${key}`));
      expect(wanted).not.toHaveLength(0);
      const expected = (inCase('y') ?? inCase('loss'))!;
      const application = {
        apply: (graph: Graph, values: Record<string, Value>) =>
          (operators[op] as Apply)(graph, values, attributes),
        ...{ inputs, outputShape: expected.shape, dy: inCase('dy'), wanted, ...(rewrite && { rewrite }) },
      };
      const { y, gradients } = await runWithGradients(application, runtime);
      expect(relativeDifference(y, expected)).toBeLessThan(tolerance);
      for (const key of wanted) {
        expect(relativeDifference(gradients[key]!, inCase(`d${key}`)!), `d${key}`).toBeLessThan(tolerance);
      }
    },
  );
}
