import { beforeAll, describe } from 'vitest';
import { gpuTests, keepShaders, softwareGpu } from '../../software-gpu.ts';
import { testOperators } from '../operators/operator-tests.ts';

const { missing, name } = gpuTests('values and gradients on WebGPU are those of PyTorch');

/** One case of each operator takes a quarter of a minute in software; all of them, with FCN_TEST_GPU=all, eight. */
describe.skipIf(missing)(name, () => {
  beforeAll(keepShaders);
  testOperators(softwareGpu(), process.env.FCN_TEST_GPU !== 'all');
});
