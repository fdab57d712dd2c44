import * as binding from 'onnxruntime-node';
import { describe } from 'vitest';
import { backboneNames, finestOn, type ModelName } from '../../../src/networks/model-names.ts';
import { testQuantized } from './quantized-tests.ts';

/** The score layers stay float32 in every head: one with all skips on each backbone, and the other kinds of heads. */
const models: ModelName[] = [
  ...backboneNames.map(finestOn),
  ...(['fcn32s', 'fcn-resnet50', 'deeplabv3-mobilenetv2'] as const),
];

describe('a quantized network in stock onnxruntime-node', () => testQuantized(binding, 'cpu', models));
