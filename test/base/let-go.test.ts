import { expect, it } from 'vitest';
import { canLetGo, letGo } from '../../src/base/let-go.ts';

const megabyte = 2 ** 20;

it.runIf(canLetGo)('gives memory back to the system, and nothing beside it', () => {
  const all = new Uint8Array(96 * megabyte).fill(7);
  const before = process.memoryUsage.rss();
  letGo(all.subarray(16 * megabyte + 5, 80 * megabyte + 5));
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(56 * megabyte);
  expect(all[16 * megabyte + 4]).toBe(7);
  expect(all[80 * megabyte + 5]).toBe(7);
  expect(all[48 * megabyte]).toBe(0);
  letGo(new Uint8Array(100)); // less than a page
});
