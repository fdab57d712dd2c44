import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/base/crc32.ts';
import { tensorOf } from '../../../src/base/tensor.ts';
import { pickleStateDict } from '../../../src/weights/torch/pickle-state-dict.ts';
import { readTorch } from '../../../src/weights/torch/read-torch.ts';
import { fixtureFile, readBytes, temporaryFile, zipOf } from './files.ts';
import { pyTorchNote, runPython, withoutPyTorch } from './pytorch.ts';

const values = Float32Array.from({ length: 300 }, (_, i) => Math.fround(Math.sin(i)));
const tensor = tensorOf('float32', [300], [...values]);
const content = { 'data.pkl': pickleStateDict([['a', tensor]]), 'data/0': Buffer.from(values.buffer) };
const expected = new Map([['a', tensor]]);

/** The same entries, deflated; `size` is what the directory says of the content. */
function deflated(
  entries: Readonly<Record<string, Uint8Array>>,
  size: (bytes: Uint8Array) => number = (bytes) => bytes.length,
): Buffer {
  const packed = Object.entries(entries).map(([name, bytes]) => [name, deflateRawSync(bytes)] as const);
  const zip = zipOf(Object.fromEntries(packed), (record) => ({
    ...record,
    crc: crc32(entries[record.name]!),
  }));
  let at = zip.indexOf('PK\x01\x02', 0, 'latin1');
  for (const bytes of Object.values(entries)) {
    zip.writeUInt16LE(8, at + 10);
    zip.writeUInt32LE(size(bytes), at + 24);
    at = zip.indexOf('PK\x01\x02', at + 4, 'latin1');
  }
  return zip;
}

const inFolder = (folder: string) =>
  Object.fromEntries(Object.entries(content).map(([name, bytes]) => [`${folder}${name}`, bytes]));

describe('a PyTorch file that was packed again', () => {
  it.each(['x/', '', 'my files/x/'])('is read from the folder "%s", deflated or not', async (folder) => {
    expect(await readBytes(zipOf(inFolder(folder)))).toEqual(expected);
    expect(await readBytes(deflated(inFolder(folder)))).toEqual(expected);
  });

  it('is refused if its entries are damaged, of another size, or far larger than the file', async () => {
    const whole = deflated(inFolder('x/'));
    const damaged = Buffer.from(whole);
    damaged[whole.indexOf('x/data/0') + 100]! ^= 0xff;
    expect(await readBytes(damaged)).toMatch(/cannot be unpacked|got checksum|it unpacks to/);
    expect(await readBytes(deflated(inFolder('x/'), (bytes) => bytes.length - 1))).toMatch(
      /it cannot be unpacked|got a storage of/,
    );
    expect(await readBytes(deflated(inFolder('x/'), (bytes) => bytes.length + 1))).toMatch(
      /got zip entry "x\/data\.pkl": it unpacks to \d+ bytes, expected \d+/,
    );
    const bomb = { ...inFolder('x/'), 'x/data/0': Buffer.alloc(2 ** 26) };
    expect(await readBytes(deflated(bomb))).toMatch(
      /got zip entries of \d+ bytes in a file of \d+, expected at most/,
    );
  });

  it.skipIf(withoutPyTorch)(`by Python is read as before${pyTorchNote}`, async () => {
    const file = temporaryFile('repacked.pth');
    const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist():
        new.writestr(name, old.read(name))`;
    await runPython(program, fixtureFile('state-dict.pth'), file);
    expect((await readFile(file)).length).not.toBe((await readFile(fixtureFile('state-dict.pth'))).length);
    expect(await readTorch(file)).toEqual(await readTorch(fixtureFile('state-dict.pth')));
  });
});
