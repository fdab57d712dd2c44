import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { temporaryFolder, writeFiles } from '../data/helpers.ts';

/** The first two blocks of docs/engine.md as a module, with the images that they leave to the reader. */
async function programOfGuide(): Promise<string> {
  const guide = await readFile('docs/engine.md', 'utf8');
  const [network, use] = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const data = `
    const shape = (channels: number[]) => [8, ...channels, 12, 10];
    const image = { dtype: 'float32' as const, shape: shape([3]), data: Float32Array.from({ length: 2880 }, (_, i) => Math.sin(i)) };
    const label = { dtype: 'uint8' as const, shape: shape([]), data: Uint8Array.from({ length: 960 }, (_, i) => i % 5) };
  `;
  const [imports, ...rest] = network!.split('\n\n');
  return `${[imports, data, ...rest, use].join('\n\n')}\nexport { file, image, loss, scores };\n`;
}

it('the first programs of the guide to the engine run as they stand, and stock ONNX Runtime agrees', async () => {
  const folder = await temporaryFolder();
  const engine = pathToFileURL(path.resolve('src/engine/index.ts')).href;
  await writeFiles(folder, {
    'guide.ts': (await programOfGuide()).replaceAll("'fcn/engine'", `'${engine}'`),
  });
  const { file, image, loss, scores } = await import(/* @vite-ignore */ path.join(folder, 'guide.ts'));
  expect(loss).toBeGreaterThan(0);
  expect(scores.shape).toEqual([8, 5, 12, 10]);
  const session = await InferenceSession.create(file);
  const results = await session.run({ image: new Tensor('float32', image.data, image.shape) });
  const stock = results.scores!.data as Float32Array;
  expect(scores.data).toHaveLength(stock.length);
  for (const [i, score] of scores.data.entries()) expect(score).toBeCloseTo(stock[i]!, 5);
});
