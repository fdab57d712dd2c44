import { describe } from 'vitest';
import { standardPlan } from '../../../src/engine/rewrites/plan.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { webRuntime } from '../../../src/engine/runtimes/web/web-runtime.ts';
import { accumulating, fused, testOptimizers } from './optimizer-tests.ts';

/** Of parameters of any size. */
const inPlace = { ...standardPlan, sumsInPlace: 1 };

describe('optimizers follow PyTorch', () =>
  testOptimizers({
    'in one graph': (settings) => fused(settings),
    'in one graph, in WebAssembly': (settings) => fused(settings, webRuntime()),
    'in one graph, sums in place': (settings) => fused(settings, nativeRuntime, inPlace),
    'in one graph, sums in place, in WebAssembly': (settings) => fused(settings, webRuntime(), inPlace),
    'with accumulated gradients': (settings) => accumulating(settings),
    'with accumulated gradients, sums in place': (settings) => accumulating(settings, nativeRuntime, inPlace),
  }));
