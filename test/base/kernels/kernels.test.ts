import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileKernels, kernelsFile } from '../../../packaging/kernels.ts';
import { layOut } from '../../../src/base/kernels/kernel-memory.ts';
import { kernels } from '../../../src/base/kernels/kernels.ts';

it('are what assembly/ is compiled to (npm run kernels)', async () => {
  expect(readFileSync(kernelsFile, 'utf8')).toBe(await compileKernels());
});

it('have memory that grows, with places that do not overlap', () => {
  const { at, bytes } = layOut(kernels()!, { first: 17, none: 0, second: 200_000, third: 1 });
  expect(at).toEqual({ first: 0, none: 32, second: 32, third: 200_032 });
  expect(bytes.length).toBeGreaterThanOrEqual(200_048);
  bytes[at.third] = 7;
  const again = layOut(kernels()!, { first: 200_032, second: 1 });
  expect(again.bytes[again.at.second]).toBe(7);
});
