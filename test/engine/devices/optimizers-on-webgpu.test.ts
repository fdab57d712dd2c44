import { beforeAll, describe } from 'vitest';
import { gpuTests, keepShaders, softwareGpu } from '../../software-gpu.ts';
import { accumulating, fused, testOptimizers } from '../optimizers/optimizer-tests.ts';

const { missing, name } = gpuTests('optimizers whose state stays on WebGPU follow PyTorch');

describe.skipIf(missing)(name, () => {
  beforeAll(keepShaders);
  const runtime = softwareGpu();
  testOptimizers({
    'in one graph': (settings) => fused(settings, runtime),
    'with accumulated gradients': (settings) => accumulating(settings, runtime),
  });
});
