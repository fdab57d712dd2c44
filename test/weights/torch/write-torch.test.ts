import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/base/crc32.ts';
import { type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { modelNames } from '../../../src/networks/model-names.ts';
import { asInTorchvision } from '../../../src/weights/names/torchvision-fcn.ts';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { InputFile } from '../../../src/weights/torch/input-file.ts';
import { readTorch } from '../../../src/weights/torch/read-torch.ts';
import { writeTorch } from '../../../src/weights/torch/write-torch.ts';
import { ZipDirectory } from '../../../src/weights/torch/zip-directory.ts';
import { directory, localHeader, type ZipRecord } from '../../../src/weights/torch/zip-records.ts';
import { randomModel } from '../models.ts';
import { temporaryFile } from './files.ts';
import { pyTorchNote, runPython, withoutPyTorch } from './pytorch.ts';

type Tensors = Map<string, Tensor<'float32'>>;

const values = Float32Array.from([9, 1, Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-40, 9]);
const oddTensors: Tensors = new Map([
  ['a.weight', tensorOf('float32', [2, 1, 3], [1, 2, 3, 4, 5, 6])],
  ['view', { dtype: 'float32', shape: [5], data: values.subarray(1, 6) }],
  ['10', tensorOf('float32', [], [0.1])],
  ['naïve "name"', tensorOf('float32', [0, 3], [])],
]);

describe('crc32', () => {
  it('is that of the standard, at every length and offset', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
    expect(crc32(Buffer.alloc(0))).toBe(0);
    expect(crc32(Buffer.from('xx123456789xx').subarray(2, 11))).toBe(0xcbf43926);
  });
});

describe('writeTorch', () => {
  it('writes what readTorch reads: names in their order, every value, views into larger arrays', async () => {
    const file = temporaryFile('odd.pth');
    await writeTorch(file, oddTensors);
    expect([...(await readTorch(file))]).toEqual([...oddTensors]);
  });

  it('writes the same bytes again, each storage at a multiple of 64', async () => {
    const [file, other] = [temporaryFile('one.pth'), temporaryFile('other.pth')];
    await writeTorch(file, oddTensors);
    await writeTorch(other, oddTensors);
    expect(await readFile(file)).toEqual(await readFile(other));
    await InputFile.with(file, async (input) => {
      const zip = new ZipDirectory(input);
      const keys = ['archive/data.pkl', ...[0, 1, 2, 3].map((key) => `archive/data/${key}`)];
      expect(keys.map((name) => zip.locate(name).position % 64)).toEqual([0, 0, 0, 0, 0]);
    });
  });

  it('says that a folder cannot be written', async () => {
    await expect(writeTorch('/nowhere/at/all.pth', oddTensors)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/cannot write .*all\.pth: there is no such/),
    });
  });
});

/** SHA-256 of each tensor's bytes, as this and Python can both tell. */
const digests = (tensors: Tensors) =>
  [...tensors].map(([name, { shape, data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, shape, createHash('sha256').update(bytes).digest('hex')];
  });

/**
 * Loads the file of each network into PyTorch's own, strictly; saves what it loaded (.kept) and what the network gives back (.back).
 * The file without a network is only loaded. All in one process: PyTorch takes seconds to start. Prints the digests by file.
 */
const loadAll = `
import collections, hashlib, json, sys, torch
from models import build
def digests(file, model):
    weights = torch.load(file, weights_only=True)
    assert type(weights) is collections.OrderedDict and not any(w.requires_grad for w in weights.values())
    if model:
        torch.save(weights, file + '.kept')
        network = build(model, 7, 1 / 64)
        network.load_state_dict(weights, strict=True)
        torch.save(network.state_dict(), file + '.back')
    return [[n, list(t.shape), hashlib.sha256(t.numpy().tobytes()).hexdigest()] for n, t in weights.items()]
print(json.dumps({file: digests(file, model) for file, model in json.loads(sys.argv[1])}))
`;

describe.skipIf(withoutPyTorch)(`PyTorch${pyTorchNote}`, () => {
  const odd = temporaryFile('loaded.pth');
  const networks = new Map(
    modelNames.map((model) => {
      const { config, weights } = randomModel({ model, numClasses: 7, classes: [...'abcdefg'] });
      const named: Tensors = new Map(asInTorchvision(model, weights));
      return [model, { file: temporaryFile(`${model}.pth`), config, weights, named }];
    }),
  );
  let loaded: Record<string, unknown>;
  beforeAll(async () => {
    await writeTorch(odd, oddTensors);
    for (const { file, named, config } of networks.values()) {
      await writeTorch(file, named, JSON.stringify(config));
    }
    const files = [...networks].map(([model, { file }]) => [file, model]);
    loaded = JSON.parse(await runPython(loadAll, JSON.stringify([[odd, null], ...files])));
  });

  it('loads what writeTorch wrote, every bit', () => {
    expect(loaded[odd]).toEqual(digests(oddTensors));
  });

  it.each(modelNames)('loads it into its own %s, strictly', async (model) => {
    const { file, config, weights, named } = networks.get(model)!;
    expect(loaded[file]).toEqual(digests(named));
    // And what it saves again is what we gave it.
    expect([...(await readTorch(`${file}.back`))].sort()).toEqual([...named].sort());
    // The configuration stays with a state dict that is saved as it was loaded.
    expect(await readWeights(`${file}.kept`)).toEqual({
      file: `${file}.kept`,
      origin: 'fcn',
      tensors: weights,
      config,
    });
  });

  it('has a zip library that finds no fault', async () => {
    const file = temporaryFile('tested.pth');
    await writeTorch(file, oddTensors);
    const test =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist()[:3])';
    expect(await runPython(test, file)).toBe(
      "None ['archive/data.pkl', 'archive/byteorder', 'archive/data/0']\n",
    );
  });

  it('has a zip library that reads entries beyond 4 GiB, as ours does', async () => {
    const file = temporaryFile('wide.zip');
    const records = await writeSparseZip(file, [2 ** 32 + 5, 3, 2 ** 33, 2]);
    const list = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    print(json.dumps([[i.filename, i.file_size, i.header_offset, len(z.open(i).read(2))] for i in z.infolist()]))
`;
    const expected = records.map(({ name, bytes, position }) => [name, bytes, position, 2]);
    expect(JSON.parse(await runPython(list, file))).toEqual(expected);
    await InputFile.with(file, async (input) => {
      const zip = new ZipDirectory(input);
      for (const [i, { name, bytes }] of records.entries()) {
        const found = zip.locate(name);
        expect(found.bytes).toBe(bytes);
        expect([...input.readNow(found.position, 2)]).toEqual([i + 1, 0]);
      }
    });
  });

  it('has a zip library whose 64-bit entries and comment we read', async () => {
    const file = temporaryFile('forced.pth');
    await writeTorch(temporaryFile('plain.pth'), oddTensors);
    const rewrite = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w') as new:
    new.comment = b'PK' * 100
    for entry in old.namelist():
        with new.open(entry.replace('archive', 'a name'), 'w', force_zip64=True) as out:
            out.write(old.read(entry))
`;
    await runPython(rewrite, temporaryFile('plain.pth'), file);
    expect([...(await readTorch(file))]).toEqual([...oddTensors]);
  });
});

/** A zip file of entries of these sizes whose content is a number and zeros that take no place on the disk. */
async function writeSparseZip(file: string, sizes: readonly number[]): Promise<ZipRecord[]> {
  const records: ZipRecord[] = [];
  const handle = await open(file, 'w');
  let position = 0;
  for (const [i, bytes] of sizes.entries()) {
    // Python checks the sums of what it reads to the end: of the small ones.
    const crc = bytes < 100 ? crc32(Buffer.concat([Buffer.from([i + 1]), Buffer.alloc(bytes - 1)])) : 0;
    const record = { name: `entry${i}`, bytes, crc, position };
    const header = localHeader(record);
    await handle.write(Buffer.concat([header, Buffer.from([i + 1])]), 0, header.length + 1, position);
    records.push(record);
    position += header.length + bytes;
  }
  const end = directory(records, position);
  await handle.write(end, 0, end.length, position);
  await handle.close();
  expect((await stat(file)).blocks * 512).toBeLessThan(2 ** 20);
  return records;
}
