import { expect, it } from 'vitest';
import { canGiveBack, giveBack } from '../../src/base/give-back.ts';

const megabyte = 2 ** 20;

it.runIf(canGiveBack)('gives memory back to the system, and nothing beside it', () => {
  const all = new Uint8Array(96 * megabyte).fill(7);
  const before = process.memoryUsage.rss();
  giveBack(all.subarray(16 * megabyte + 5, 80 * megabyte + 5));
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(56 * megabyte);
  expect(all[16 * megabyte + 4]).toBe(7);
  expect(all[80 * megabyte + 5]).toBe(7);
  expect(all[48 * megabyte]).toBe(0);
  giveBack(new Uint8Array(100)); // less than a page
});
