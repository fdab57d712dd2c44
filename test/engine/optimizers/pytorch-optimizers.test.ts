import { describe } from 'vitest';
import { webRuntime } from '../../../src/engine/runtimes/web/web-runtime.ts';
import { accumulating, fused, testOptimizers } from './optimizer-tests.ts';

describe('optimizers follow PyTorch', () =>
  testOptimizers({
    'in one graph': (settings) => fused(settings),
    'in one graph, in WebAssembly': (settings) => fused(settings, webRuntime()),
    'with accumulated gradients': (settings) => accumulating(settings),
  }));
