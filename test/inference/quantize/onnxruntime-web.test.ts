import * as binding from 'onnxruntime-web';
import { describe } from 'vitest';
import { testQuantized } from './quantized-tests.ts';

binding.env.wasm.numThreads = 1;

describe('a quantized network in stock onnxruntime-web', () => testQuantized(binding, 'wasm'));
