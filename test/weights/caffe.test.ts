import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../src/base/errors.ts';
import { random } from '../../src/base/rng.ts';
import type { Tensor } from '../../src/base/tensor.ts';
import { readCaffe } from '../../src/weights/caffe/read-caffe.ts';
import { temporaryFolder } from '../data/helpers.ts';
import { type CaffeVersion, encodeCaffe, type WrittenLayer } from './caffe-writer.ts';

/** What reading these bytes ends in: the tensors, or an error that must be ours and one line. */
async function readBytes(folder: string, bytes: Uint8Array): Promise<Map<string, Tensor> | string> {
  const file = path.join(folder, 'net.caffemodel');
  await writeFile(file, bytes);
  try {
    return await readCaffe(file);
  } catch (thrown) {
    if (!(thrown instanceof FcnError)) throw thrown;
    expect(thrown.exitCode).toBe(2);
    expect(thrown.message).toContain(file);
    expect(thrown.message).toMatch(/^[^\p{Cc}\u2028\u2029]{20,500}$/u);
    expect(thrown.message).toMatch(/offset \d+/);
    return thrown.message;
  }
}

const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, i) => first + i / 4);

const convolution: WrittenLayer = {
  name: 'conv1_1',
  type: 'Convolution',
  blobs: [
    { shape: [2, 3, 1, 2], data: numbers(12) },
    { shape: [2], data: [-1, 3e38] },
  ],
};
const product: WrittenLayer = {
  name: 'fc6',
  type: 'InnerProduct',
  blobs: [
    { shape: [4, 1], data: numbers(4, 7) },
    { shape: [4], data: numbers(4, 9) },
  ],
};
const deconvolution: WrittenLayer = {
  name: 'upscore',
  type: 'Deconvolution',
  blobs: [{ shape: [2, 3, 2, 1], data: numbers(12, -2) }],
};

describe.each<CaffeVersion>(['v1', 'v2'])('readCaffe, layers %s', (version) => {
  it('reads every layer with numbers, by its name and with its own shape', async () => {
    const bytes = encodeCaffe([convolution, product, deconvolution], version);
    const tensors = await readBytes(await temporaryFolder(), bytes);
    const tensor = (shape: number[], data: number[]) => ({
      dtype: 'float32',
      shape,
      data: Float32Array.from(data),
    });
    expect([...(tensors as Map<string, Tensor>)]).toEqual([
      ['conv1_1.weight', tensor([2, 3, 1, 2], numbers(12))],
      ['conv1_1.bias', tensor([2], [-1, 3e38])],
      ['fc6.weight', tensor([4, 1], numbers(4, 7))],
      ['fc6.bias', tensor([4], numbers(4, 9))],
      ['upscore.weight', tensor([2, 3, 2, 1], numbers(12, -2))],
    ]);
  });

  it('makes a deconvolution with a group for each class a dense one', async () => {
    const blobs = [{ shape: [3, 1, 1, 2], data: [1, 2, 3, 4, 5, 6] }];
    const bytes = encodeCaffe([{ ...deconvolution, group: 3, blobs }], version);
    const { 'upscore.weight': weight } = Object.fromEntries(
      (await readBytes(await temporaryFolder(), bytes)) as Map<string, Tensor>,
    );
    expect(weight!.shape).toEqual([3, 3, 1, 2]);
    expect([...weight!.data]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6]);
  });

  it('makes a deconvolution with two groups a dense one', async () => {
    // Inputs 0 and 1 reach outputs 0 to 2, inputs 2 and 3 outputs 3 to 5.
    const blobs = [{ shape: [4, 3, 1, 1], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }];
    const bytes = encodeCaffe([{ ...deconvolution, group: 2, blobs }], version);
    const { 'upscore.weight': weight } = Object.fromEntries(
      (await readBytes(await temporaryFolder(), bytes)) as Map<string, Tensor>,
    );
    expect(weight!.shape).toEqual([4, 6, 1, 1]);
    expect([...weight!.data]).toEqual([
      ...[1, 2, 3, 0, 0, 0],
      ...[4, 5, 6, 0, 0, 0],
      ...[0, 0, 0, 7, 8, 9],
      ...[0, 0, 0, 10, 11, 12],
    ]);
  });

  it('reads double precision, more than a chunk of it', async () => {
    const data = numbers(70_000, 1 / 3);
    const bytes = encodeCaffe([{ ...product, blobs: [{ shape: [70, 1000], data, double: true }] }], version);
    const tensors = (await readBytes(await temporaryFolder(), bytes)) as Map<string, Tensor>;
    expect(tensors.get('fc6.weight')!.data).toEqual(Float32Array.from(data));
  });

  it('reads a file that was cut short as a part of itself, or refuses it', async () => {
    const folder = await temporaryFolder();
    const whole = encodeCaffe([convolution, product], version);
    const expected = [...((await readBytes(folder, whole)) as Map<string, Tensor>)];
    let read = 0;
    for (let length = 0; length < whole.length; length++) {
      const tensors = await readBytes(folder, whole.subarray(0, length));
      if (typeof tensors === 'string') continue;
      // The format has no end mark: after a whole layer a file may well end.
      expect([...tensors]).toEqual(expected.slice(0, tensors.size));
      expect([2, 4]).toContain(tensors.size);
      read += 1;
    }
    expect(read).toBe(3); // after conv1_1, after its ReLU, after fc6
  });

  it('reads or refuses a file with damage anywhere, and nothing else', async () => {
    const folder = await temporaryFolder();
    const whole = encodeCaffe([convolution, { ...deconvolution, group: 2 }], version);
    const stream = random('caffe', version);
    let refused = 0;
    for (let round = 0; round < 1500; round++) {
      const bytes = Uint8Array.from(whole);
      for (let n = stream.integer(4); n >= 0; n--) {
        const small = stream.integer(2) === 0;
        bytes[stream.integer(bytes.length)] = small ? stream.integer(8) : stream.integer(256);
      }
      if (typeof (await readBytes(folder, bytes)) === 'string') refused += 1;
    }
    expect(refused).toBeGreaterThan(500);
  });
});

describe('readCaffe', () => {
  it('names the numbers of batch normalization, and of what it does not know', async () => {
    const blobs = [1, 2, 3].map((value) => ({ shape: [1], data: [value] }));
    const layers = ['BatchNorm', 'PReLU'].map((type) => ({ name: type, type, blobs }));
    const tensors = await readBytes(await temporaryFolder(), encodeCaffe(layers, 'v2'));
    expect([...(tensors as Map<string, Tensor>).keys()]).toEqual([
      ...['BatchNorm.running_mean', 'BatchNorm.running_var', 'BatchNorm.scale_factor'],
      ...['PReLU.weight', 'PReLU.bias', 'PReLU.blob2'],
    ]);
  });

  /** A field of bytes; each must be shorter than 128. */
  const field = (number: number, ...content: (number | number[])[]) => {
    const bytes = content.flat();
    return [number * 8 + 2, bytes.length, ...bytes];
  };
  const layerV1 = (...content: number[][]) => Uint8Array.from(field(2, ...content));
  const blob = (...content: number[][]) => layerV1(field(6, ...content));
  const varintOf2To63 = [...Array(9).fill(0x80), 1];
  const two = encodeCaffe([convolution, convolution], 'v2');

  it.each<[string, Uint8Array | string, RegExp]>([
    ['an empty file', '', /got no layer with weights by offset 0/],
    ['a network without numbers', encodeCaffe([{ name: 'a', type: 'Data' }], 'v1'), /no layer with weights/],
    ['text', 'layer { name: "conv1_1" type: "Convolution" }', /offset 0: got wire type 4, expected/],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n....', 'latin1'), /got an HDF5 file/],
    ['field 0', Uint8Array.from([2, 0]), /offset 0: got field number 0/],
    ['a huge field number', Uint8Array.from([0xf8, ...Array(8).fill(0xff), 1]), /got field number \d/],
    ['an endless number', Uint8Array.from(Array(30).fill(0x80)), /number of more than 10 bytes/],
    ['a number cut short', Uint8Array.from([8, 0x80]), /offset 2: .* a number that begins at offset 1/],
    ['a length beyond the end', Uint8Array.from([10, 5, 0]), /ends at offset 7, expected at most 3/],
    [
      'a length of 2^63',
      Uint8Array.from([10, ...varintOf2To63]),
      /ends at offset 9223372036854776000, expected at most 11/,
    ],
    ['a blob beyond its layer', layerV1([6 * 8 + 2, 9]), /offset 3: .*ends at offset 13, expected at most 4/],
    ['a layer that is a number', Uint8Array.from([2 * 8, 1]), /got wire type 0 for a layer, expected 2/],
    ['a layer of V0', layerV1(field(1)), /Caffe's first format \(V0\)/],
    ['a shape without numbers', blob([8, 3, 16, 1, 24, 1, 32, 1]), /got 0 bytes of numbers, expected 12 for/],
    [
      'numbers without a shape',
      blob(field(5, Array(8).fill(0))),
      /got 8 bytes of numbers, expected 4 for a blob \[\]/,
    ],
    ['half a number', blob(field(5, Array(3).fill(0))), /got 3 bytes of numbers, expected 4/],
    ['numbers in pieces', blob(field(5, [0, 0]), field(5, [0, 0])), /in several pieces/],
    ['numbers that are not packed', blob([5 * 8 + 5, 0, 0, 0, 0]), /got wire type 5 for the numbers/],
    [
      'dimensions whose product overflows',
      blob(field(7, field(1, varintOf2To63, varintOf2To63)), field(5, [0, 0, 0, 0])),
      /expected 3\.\d+e\+38 for a blob \[9223372036854776000, 9223372036854776000\]/,
    ],
    ['too many dimensions', blob(field(7, field(1, Array(33).fill(1)))), /more than 32 numbers/],
    ['too many dimensions, one by one', blob(field(7, Array(33).fill([8, 1]).flat())), /more than 32 dim/],
    ['too many blobs', layerV1(...Array(17).fill(field(6, field(7, field(1, [0]))))), /more than 16 blobs/],
    ['a transposed product', encodeCaffe([{ ...product, transpose: true }], 'v1'), /with transpose/],
    ['a layer twice', two, /got the layer "conv1_1" twice/],
    [
      'groups that do not divide',
      encodeCaffe([{ ...deconvolution, group: 5 }], 'v2'),
      /got 5 groups in the Deconvolution "upscore" \[2, 3, 2, 1\]/,
    ],
    [
      'groups that would fill the memory',
      encodeCaffe(
        [
          {
            ...deconvolution,
            group: 40_000,
            blobs: [{ shape: [40_000, 1], data: new Float32Array(40_000) }],
          },
        ],
        'v2',
      ),
      /got 40000 groups/,
    ],
    [
      'many deconvolutions that would fill it together',
      encodeCaffe(
        [1, 2, 3].map((i) => ({
          ...deconvolution,
          name: `upscore${i}`,
          group: 12_000,
          blobs: [{ shape: [12_000, 1], data: new Float32Array(12_000) }],
        })),
        'v2',
      ),
      /got 12000 groups in the Deconvolution "upscore2"/,
    ],
    [
      'a long name',
      encodeCaffe([{ ...convolution, name: 'a'.repeat(2000) }], 'v2'),
      /text of 2000 bytes, expected at most 1000/,
    ],
    [
      'many layers',
      Buffer.concat(Array(10_001).fill(blob(field(5, [0, 0, 0, 0])))),
      /more than 10000 layers/,
    ],
    ['a million fields', Buffer.alloc(2_100_000, Uint8Array.from([40, 0])), /more than 1000000 fields/],
  ])('refuses %s', async (_, bytes, message) => {
    expect(await readBytes(await temporaryFolder(), Buffer.from(bytes as Uint8Array))).toMatch(message);
  });

  it('refuses a file that is missing', async () => {
    await expect(readCaffe('/nowhere/net.caffemodel')).rejects.toThrow(
      /cannot read the caffemodel .*no such/,
    );
  });
});
