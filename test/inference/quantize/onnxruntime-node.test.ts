import * as binding from 'onnxruntime-node';
import { describe } from 'vitest';
import { testQuantized } from './quantized-tests.ts';

describe('a quantized network in stock onnxruntime-node', () => testQuantized(binding, 'cpu'));
