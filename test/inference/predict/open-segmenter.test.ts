import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomModel } from '../../../src/cli/bench/random-model.ts';
import { openNetwork } from '../../../src/inference/predict/open-segmenter.ts';
import { saveModel } from '../../../src/weights/model-file.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-open-'));
  file = path.join(folder, 'weights.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

/** Weights that were written, with another byte at so many before the end. */
async function damage(beforeEnd: number, byte: number): Promise<void> {
  await saveModel(file, randomModel('fcn8s-mobilenetv2', 1, 5));
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  await handle.write(Uint8Array.of(byte), 0, 1, size - beforeEnd);
  await handle.close();
}

it.each([false, true])('a network whose weights are damaged is not opened, mapped: %s', async (mapped) => {
  // The weights' last bits; NaN and nearly infinite ones, which do not stop the network from being opened.
  for (const [beforeEnd, byte] of [[4, 1] as const, [1, 0xff] as const, [5_000_001, 0x7f] as const]) {
    await damage(beforeEnd, byte);
    await expect(openNetwork(file, { threads: 1, images: 1, mapped })).rejects.toThrow(
      'it is damaged: use another copy',
    );
  }
  expect(await readdir(folder)).toEqual(['weights.safetensors']);
});
