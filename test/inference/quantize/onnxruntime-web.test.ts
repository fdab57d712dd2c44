import * as binding from 'onnxruntime-web';
import { describe } from 'vitest';
import type { ModelName } from '../../../src/networks/model-names.ts';
import { testQuantized } from './quantized-tests.ts';

binding.env.wasm.numThreads = 1;

/** Networks with all the operators that others have; onnxruntime-node.test.ts shows that each backbone is quantized well. */
const models: ModelName[] = [
  'fcn8s',
  'fcn32s-alexnet',
  'fcn8s-googlenet',
  'fcn8s-squeezenet',
  'fcn8s-mobilenetv2',
  'deeplabv3-mobilenetv2',
  'fcn-resnet50',
];

describe('a quantized network in stock onnxruntime-web', () => testQuantized(binding, 'wasm', models));
