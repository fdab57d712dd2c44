import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/equal-bytes.ts'],
    pool: 'forks',
    // Each worker runs native sessions of two threads: more workers than this only fight over the cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
