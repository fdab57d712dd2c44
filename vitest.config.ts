import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { ORT_DISABLE_TELEMETRY: '1' }, // of ONNX Runtime's own packages, which some tests compare with
    setupFiles: ['test/equal-bytes.ts'],
    pool: 'forks',
    // Each worker runs native sessions of two threads: more workers than this only fight over the cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
