import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../../src/engine/onnx/onnx_pb.ts';
import {
  compileGradientAccumulation,
  compileTrainingStep,
  compileUpdate,
  type TrainingGraphConfig,
} from '../../src/networks/graphs/training.ts';
import { learnedParameters } from '../../src/networks/learned-parameters.ts';
import { parametersOf } from '../../src/networks/parameters.ts';

const architecture = { model: 'fcn8s', numClasses: 4, width: 1 / 16, deconvolution: 'learned' } as const;
const papers = { batchSize: 1, loss: 'mean', dropout: 0.5, momentum: 0.99, weightDecay: 5e-4 } as const;

const compile = {
  'training step': (config: TrainingGraphConfig) => compileTrainingStep(architecture, config).model,
  'gradient accumulation': (config: TrainingGraphConfig) =>
    compileGradientAccumulation(architecture, config).model,
  update: (config: TrainingGraphConfig) =>
    compileUpdate(learnedParameters(parametersOf(architecture), config.frozen), config),
};

/**
 * Nodes by operator in the graphs whose speed and parity were measured (commit c8659ca, from before there were the
 * settings), but for the gradient of ReLU: Where has become Cast and Mul, twice as fast; for the loss, which is summed by
 * rows first; for the input of 1x1 convolutions, a matrix product; and for the constant far field, which applies the layers of four stages twice (of the first two to the image's halves besides). Where a change of these
 * numbers is meant, measure again. (Zeros for the blank and for pasting are made by Expand now: as fast.
 * Classes are summed by a matrix product, with a Shape, a Concat and two Reshapes: as fast for 21 classes, five times as fast for
 * few. The last deconvolution stays in blocks of pixels, and the loss takes three passes less over the scores: a step of FCN-8s on
 * MobileNetV2 takes 0.87 of the time, with 21 classes at 224x224. An update adds the direction times the rate, which is negative: as many
 * passes over the weights as before. These parameters are too small for sums in place.)
 */
const measured: Record<keyof typeof compile, Record<string, number>> = {
  'training step': {
    ...{ Shape: 57, Add: 148, Div: 12, Mul: 169, Sub: 33, Concat: 114, Pad: 34, Slice: 406 },
    ...{ Conv: 60, Relu: 29, MaxPool: 11, Mod: 4, ConstantOfShape: 14, Expand: 2, Gather: 23, Squeeze: 24 },
    ...{ Range: 8, Min: 9, Max: 9, EyeLike: 14, MatMul: 30, Transpose: 45, Cast: 36, Where: 1 },
    ...{ ConvTranspose: 3, Reshape: 897, Unsqueeze: 1, Equal: 1, Less: 1 },
    ...{ ReduceSum: 35, ReduceMax: 1, Exp: 1, Log: 1, Reciprocal: 1, Neg: 1, Gemm: 32 },
    ...{ Greater: 29, MaxUnpool: 11, GatherElements: 1 },
  },
  'gradient accumulation': {
    ...{ Shape: 57, Add: 88, Div: 12, Mul: 49, Sub: 33, Concat: 83, Pad: 34, Slice: 344, Conv: 60 },
    ...{ Relu: 29, MaxPool: 11, Mod: 4, ConstantOfShape: 14, Expand: 2, Gather: 23, Squeeze: 24, Range: 8 },
    ...{ Min: 9, Max: 8, EyeLike: 14, MatMul: 30, Transpose: 45, Cast: 36, Where: 1 },
    ...{ ConvTranspose: 3, Reshape: 796, Unsqueeze: 1, Equal: 1, Less: 1 },
    ...{ ReduceSum: 35, ReduceMax: 1, Exp: 1, Log: 1, Neg: 1, Gemm: 32, Greater: 29 },
    ...{ MaxUnpool: 11, GatherElements: 1 },
  },
  update: { Mul: 177, Add: 99, Reshape: 78 },
};

function operatorsOf(model: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of fromBinary(ModelProtoSchema, model).graph!.node) {
    counts[opType] = (counts[opType] ?? 0) + 1;
  }
  return counts;
}

describe('training graphs', () => {
  it.each(Object.keys(compile) as (keyof typeof compile)[])('%s: defaults cost nothing', (name) => {
    const graph = compile[name](papers);
    expect(operatorsOf(graph)).toEqual(measured[name]);
    const defaults = { classWeights: null, frozen: [], headRate: 1, ema: 0 };
    expect(Buffer.compare(compile[name]({ ...papers, ...defaults }), graph)).toBe(0);
  });

  it('compute no gradient that only frozen layers would need', () => {
    const headOnly = operatorsOf(compile['training step']({ ...papers, frozen: ['conv*', 'fc*'] }));
    expect(headOnly).toMatchObject({ MaxPool: 11, Relu: 29 });
    expect(headOnly).not.toHaveProperty('MaxUnpool');
    expect(headOnly).not.toHaveProperty('Greater');
    // Behind a frozen layer that others come before, gradients still have to pass.
    const middle = operatorsOf(compile['training step']({ ...papers, frozen: ['conv3_2'] }));
    expect(middle).toMatchObject({ MaxUnpool: 11, Greater: 29, Gemm: 30 });
  });

  it('average with three operations a parameter, in the graph that updates', () => {
    const parameters = parametersOf(architecture).length;
    for (const name of ['training step', 'update'] as const) {
      const { Add, Sub = 0, Mul, ...rest } = measured[name];
      const averaged = operatorsOf(compile[name]({ ...papers, ema: 0.99 }));
      expect(averaged).toEqual({
        ...rest,
        ...{ Add: Add! + parameters, Sub: Sub + parameters, Mul: Mul! + parameters },
      });
    }
    const accumulation = compile['gradient accumulation'];
    expect(operatorsOf(accumulation({ ...papers, ema: 0.99 }))).toEqual(measured['gradient accumulation']);
  });
});
