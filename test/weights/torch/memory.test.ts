import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { directory, localHeader, type ZipRecord } from '../../../src/weights/torch/zip-records.ts';
import { temporaryFile } from './files.ts';
import { dictionary, latin1, storage, tensor } from './pickles.ts';

const elements = 2 ** 27;

describe('reading a PyTorch file of 512 MiB', () => {
  it.each([
    ['as it lies', [2 ** 10, 2 ** 17], [2 ** 17, 1]],
    ['transposed', [2 ** 17, 2 ** 10], [1, 2 ** 17]],
  ])('takes at most 1.3 times its size in memory, %s', async (_, shape, strides) => {
    const file = temporaryFile('large.pth');
    await writeSparseTorch(
      file,
      Buffer.from(latin1(dictionary(tensor(storage(elements), 0, shape, strides)))),
    );
    expect(await peakBytes(file)).toBeLessThan(1.3 * 4 * elements);
  });
});

/** Storage 0 is zeros, which take no place on the disk. */
async function writeSparseTorch(file: string, pickle: Buffer): Promise<void> {
  const first: ZipRecord = { name: 'x/data.pkl', bytes: pickle.length, crc: 0, position: 0 };
  const start = Buffer.concat([localHeader(first), pickle]);
  const second: ZipRecord = { name: 'x/data/0', bytes: 4 * elements, crc: 0, position: start.length };
  const header = localHeader(second);
  const position = start.length + header.length + second.bytes;
  const end = directory([first, second], position);
  const handle = await open(file, 'w');
  await handle.write(Buffer.concat([start, header]), 0, start.length + header.length, 0);
  await handle.write(end, 0, end.length, position);
  await handle.close();
}

/** The most memory that a process has which reads a file, by what `npm run build` has compiled. */
async function peakBytes(file: string): Promise<number> {
  const program = `
    import { readWeights } from './dist/weights/read-weights.js';
    await readWeights(process.argv[1]);
    console.log(process.resourceUsage().maxRSS);
  `;
  const cwd = path.join(import.meta.dirname, '..', '..', '..');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program, file],
    { cwd },
  );
  return 1024 * Number(stdout);
}
