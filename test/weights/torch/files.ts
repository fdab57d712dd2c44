import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { crc32 } from '../../../src/base/crc32.ts';
import { FcnError } from '../../../src/base/errors.ts';
import type { Tensor } from '../../../src/base/tensor.ts';
import { readTorch } from '../../../src/weights/torch/read-torch.ts';
import { directory, localHeader, type ZipRecord } from '../../../src/weights/torch/zip-records.ts';

/** Files that PyTorch wrote; see peer/fixture_torch.py. */
export function fixtureFile(name: string): string {
  return path.join(import.meta.dirname, '..', '..', 'fixtures', 'torch', name);
}

const folder = await mkdtemp(path.join(tmpdir(), 'fcn-torch-'));
afterAll(() => rm(folder, { recursive: true }));

export function temporaryFile(name: string): string {
  return path.join(folder, name);
}

/** What reading these bytes ends in: the tensors, or an error that must be ours and one line. */
export async function readBytes(bytes: Uint8Array): Promise<Map<string, Tensor<'float32'>> | string> {
  const file = temporaryFile('bytes.pth');
  writeFileSync(file, bytes);
  try {
    return await readTorch(file);
  } catch (thrown) {
    // Without expect(), which takes longer than reading one of thousands of small files.
    const isOurs =
      thrown instanceof FcnError &&
      thrown.exitCode === 2 &&
      thrown.message.includes(`PyTorch file ${file}: at offset `) &&
      /^[^\p{Cc}\u2028\u2029]{20,500}$/u.test(thrown.message);
    if (!isOurs) throw thrown;
    return thrown.message;
  }
}

/** A zip file of these entries; `claim` changes what its directory says of one. */
export function zipOf(
  contents: Readonly<Record<string, Uint8Array>>,
  claim: (record: ZipRecord) => ZipRecord = (record) => record,
): Buffer {
  const parts: Uint8Array[] = [];
  const records: ZipRecord[] = [];
  let position = 0;
  for (const [name, content] of Object.entries(contents)) {
    const record = { name, bytes: content.length, crc: crc32(content), position };
    const header = localHeader(record);
    parts.push(header, content);
    records.push(claim(record));
    position += header.length + content.length;
  }
  return Buffer.concat([...parts, directory(records, position)]);
}
