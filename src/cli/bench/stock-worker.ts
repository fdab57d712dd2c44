import { createInterface } from 'node:readline';
import { random } from '../../base/rng.ts';
import { stockRuntime } from './stock-runtime.ts';

/**
 * The file of `fcn export` in ONNX Runtime's own package for Node, as anybody could run it: for every line `go` on standard input it
 * does one inference, as worker.ts does.
 */
async function main([file, height, width, threads]: readonly string[]): Promise<void> {
  const ort = stockRuntime();
  const session = await ort.InferenceSession.create(file!, { intraOpNumThreads: Number(threads) });
  const stream = random(0, 'image');
  const shape = [1, Number(height), Number(width), 3];
  const pixels = Uint8Array.from({ length: 3 * Number(height) * Number(width) }, () => stream.integer(256));
  const image = new ort.Tensor('uint8', pixels, shape);
  const answer = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'go') break;
    const started = performance.now();
    await session.run({ image });
    answer({ ms: performance.now() - started, peakRssMb: process.resourceUsage().maxRSS / 1024 });
  }
}

await main(process.argv.slice(2));
