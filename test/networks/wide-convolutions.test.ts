import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { allocate, sizeOf, type Tensor } from '../../src/base/tensor.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { backward } from '../../src/engine/differentiation/backward.ts';
import { encodeModel } from '../../src/engine/graph/encode.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/onnx_pb.ts';
import { Construction } from '../../src/engine/parameters/parameter.ts';
import { type Plan, plainPlan, rewriteFinished, rewriteForward } from '../../src/engine/rewrites/plan.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { vgg16 } from '../../src/networks/backbones/vgg.ts';
import { farFieldOf } from '../../src/networks/far-field.ts';
import { buildExport } from '../../src/networks/graphs/export.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { compileTrainingStep } from '../../src/networks/graphs/training.ts';
import { buildPaddedFeatures } from '../../src/networks/padded-features.ts';
import { defaultPlans } from '../../src/networks/plans.ts';
import { relativeDifference } from '../fixtures.ts';
import { noise, weightedSum } from './helpers.ts';

/** Weights of the layers whose gradients are compared: before, between and behind the wide ones. */
const compared = ['conv1_1.weight', 'conv3_1.weight', 'conv4_1.weight', 'conv4_3.bias', 'conv5_3.weight'];
const pool5 = [1, 512, 8, 8]; // of an image of 30 x 41 pixels

it('VGG-16 gives the same features and gradients whatever its plan', async () => {
  const plain = await runWith(plainPlan);
  const planned = await runWith(defaultPlans.training);
  // Winograd's algorithm transforms pixels by one Conv; the two convolutions of each halved stage are there twice.
  expect(planned.convolutions).toBe(plain.convolutions + 4);
  for (const [name, expected] of Object.entries(plain.results)) {
    const found = planned.results[name]!;
    // Of gradients the whole: where rounding decides the sign before a ReLU, some elements differ more.
    if (name === 'pool5') expect(relativeDifference(found, expected)).toBeLessThan(5e-6);
    else expect(relativeDistance(found, expected), name).toBeLessThan(0.01);
  }
});

/** Features of VGG-16 up to pool5 and gradients of a weighted sum of them, and how many Conv nodes the forward pass has. */
async function runWith(plan: Plan) {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, 3, 'height', 'width']);
  const dy = graph.input('dy', 'float32', pool5);
  const construction = new Construction(graph);
  const field = farFieldOf(vgg16.layers)!;
  const rest = field.rest.slice(0, field.rest.findIndex(({ name }) => name === 'pool5') + 1);
  const { last } = buildPaddedFeatures(construction, { ...field, rest }, image, { width: 1 });
  rewriteForward(graph, plan);
  const { parameters } = construction;
  const values = parameters.map(({ value }) => value);
  const gradients = backward(graph, weightedSum(graph, last.value, dy), values);
  rewriteFinished(graph, plan);
  const backwardStart = graph.nodes.findIndex(({ op }) => op === 'ReduceSum');
  const convolutions = graph.nodes.slice(0, backwardStart).filter(({ op }) => op === 'Conv').length;

  const results: Record<string, Tensor> = { pool5: allocate('float32', pool5) };
  graph.output('pool5', last.value, 'float32', pool5);
  for (const { name, shape, value } of parameters) {
    if (!compared.includes(name)) continue;
    graph.output(`d ${name}`, gradients.get(value)!, 'float32', shape);
    results[`d ${name}`] = allocate('float32', shape);
  }
  const weights = parameters.map(({ name, shape }) => {
    const scale = shape.length === 1 ? 0.3 : Math.sqrt(2 / sizeOf(shape.slice(1)));
    return [name, noise(name, shape, scale)] as const;
  });
  const session = await nativeRuntime.createSession(encodeModel(graph, 'features'), { threads: 2 });
  try {
    const inputs = { image: noise('image', [1, 3, 30, 41], 1), dy: noise('dy', pool5, 1) };
    await session.run({ ...Object.fromEntries(weights), ...inputs }, results);
  } finally {
    await session.release();
  }
  return { convolutions, results };
}

describe('wide convolutions', () => {
  const papers = { model: 'fcn8s', numClasses: 21, width: 1, deconvolution: 'learned' } as const;
  const settings = { batchSize: 1, loss: 'mean', dropout: 0.5, momentum: 0.99, weightDecay: 5e-4 } as const;
  const tiles = (nodes: readonly { op: string }[]) => nodes.filter(({ op }) => op === 'Tile').length;
  const tilesIn = (model: Uint8Array) =>
    tiles(fromBinary(ModelProtoSchema, model).graph!.node.map(({ opType }) => ({ op: opType })));

  it('are computed by Winograd to predict and to train, forward, for dx and for dw', () => {
    // To predict, the 9 convolutions from conv3_1 on; to train, also conv1_2, conv2_1 and conv2_2, which are there twice, in halves.
    expect(tilesIn(compileInference(papers))).toBe(9);
    expect(tilesIn(compileTrainingStep(papers, settings).model)).toBe(4 * (9 + 3 * 2));
  });

  it('are none in narrower networks', () => {
    expect(tilesIn(compileInference({ ...papers, width: 1 / 8 }))).toBe(0);
  });

  it('stay Conv in exported files', () => {
    const classes = Array.from({ length: 21 }, (_, i) => `${i}`);
    const { graph } = buildExport({ ...papers, classes, input: inputPresets.torchvision }, { scores: false });
    expect(tiles(graph.nodes)).toBe(0);
  });
});

/** The distance of two tensors as a share of the length of the second, L2. */
function relativeDistance(actual: Tensor, expected: Tensor): number {
  let [distance, length] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    distance += (Number(actual.data[i]) - Number(expected.data[i])) ** 2;
    length += Number(expected.data[i]) ** 2;
  }
  return Math.sqrt(distance / length);
}
