import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import { random } from '../../../src/base/rng.ts';
import { type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors/safetensors.ts';
import { parseSafetensors } from '../../../src/weights/safetensors/safetensors-bytes.ts';
import { temporaryFolder } from '../../data/helpers.ts';
import { networksFile } from '../models.ts';

/** A file put together by hand, after the description of the format. */
function fileOf(header: string | Buffer, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, data]);
}

const entry = (dtype: string, shape: number[], begin: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

/** What reading these bytes ends in: the tensors, or an error that must be ours and one line. */
async function readBytes(folder: string, bytes: Uint8Array): Promise<Map<string, Tensor> | string> {
  const file = path.join(folder, 'file.safetensors');
  await writeFile(file, bytes);
  try {
    return (await readSafetensors(file)).tensors;
  } catch (thrown) {
    if (!(thrown instanceof FcnError)) throw thrown;
    expect(thrown.exitCode).toBe(2);
    expect(thrown.message).toContain(file);
    expect(thrown.message).toMatch(/^[^\p{Cc}\u2028\u2029]{20,500}$/u);
    return thrown.message;
  }
}

describe('readSafetensors of types that are not read', () => {
  it('leaves the tensors out, and tells them', async () => {
    const file = path.join(await temporaryFolder(), 'file.safetensors');
    const header = `{"a":${entry('F32', [1], 0, 4)},"b":${entry('F8_E4M3', [3], 4, 7)},"c":${entry('F64', [1], 7, 15)}}`;
    const data = Buffer.alloc(15);
    data.writeFloatLE(2.5);
    await writeFile(file, fileOf(header, data));
    for (const mapped of [false, true]) {
      const { tensors, unread } = await readSafetensors(file, { mapped });
      expect([...tensors].map(([name, tensor]) => [name, ...tensor.data])).toEqual([['a', 2.5]]);
      expect([...unread]).toEqual([
        ['b', 'F8_E4M3'],
        ['c', 'F64'],
      ]);
    }
  });

  it('still checks where they lie', async () => {
    const header = (begin: number, end: number) => `{"a":${entry('F64', [1], begin, end)}}`;
    const folder = await temporaryFolder();
    for (const [begin, end] of [
      [0, 9],
      [4, 8],
      [4, 0],
    ] as const) {
      expect(await readBytes(folder, fileOf(header(begin, end), Buffer.alloc(8)))).toMatch(/damaged/);
    }
  });
});

describe('readSafetensors, mapped', () => {
  it('gives what reading gives, halves and tensors at odd offsets included', async () => {
    expect(await readSafetensors(networksFile, { mapped: true })).toEqual(
      await readSafetensors(networksFile),
    );

    const file = path.join(await temporaryFolder(), 'file.safetensors');
    const header = `{"byte":${entry('U8', [1], 0, 1)},"odd":${entry('F32', [1], 1, 5)},"half":${entry('F16', [1], 5, 7)}}`;
    const data = Buffer.alloc(7, 1);
    data.writeFloatLE(-1.5, 1);
    data.writeUInt16LE(0xc100, 5);
    await writeFile(file, fileOf(header, data));
    const { tensors } = await readSafetensors(file, { mapped: true });
    expect([...tensors.values()].map((tensor) => tensor.data[0])).toEqual([1, -1.5, -2.5]);
  });

  it('keeps what it has when the file is replaced, and never changes the file', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'file.safetensors');
    await writeSafetensors(file, [['a', tensorOf('float32', [2], [1, 2])]]);
    const { tensors } = await readSafetensors(file, { mapped: true });
    const other = path.join(folder, 'other.safetensors');
    await writeSafetensors(other, [['a', tensorOf('float32', [1], [3])]]);
    await rename(other, file);
    const before = await readFile(file);
    const data = tensors.get('a')!.data as Float32Array;
    expect([...data]).toEqual([1, 2]);
    data[0] = 7;
    expect([...data]).toEqual([7, 2]);
    expect(await readFile(file)).toEqual(before);
  });

  it('finds damage before it maps', async () => {
    const file = path.join(await temporaryFolder(), 'file.safetensors');
    await writeFile(file, fileOf(`{"a":${entry('F32', [2], 0, 8)}}`, Buffer.alloc(7)));
    await expect(readSafetensors(file, { mapped: true })).rejects.toThrow(
      /expected \d+, the end of tensor "a"/,
    );
  });
});

describe('readSafetensors', () => {
  it('reads what NumPy wrote', async () => {
    const { tensors, metadata } = await readSafetensors(networksFile);
    expect(JSON.parse(metadata.networks!)).toMatchObject({ numClasses: 5, width: 3 / 128 });
    const bias = tensors.get('weights/conv1_1.bias')!;
    expect(bias.shape).toEqual([2]);
    // As NumPy prints them.
    expect([...bias.data]).toEqual([0.03898124769330025, 0.09695319831371307]);
    const weight = tensors.get('fcn8s/weights/score_pool4.weight')!;
    expect(weight.shape).toEqual([5, 12, 1, 1]);
    expect([...weight.data].slice(-3)).toEqual([
      -0.07904154807329178, -0.376339316368103, 0.2187453955411911,
    ]);
  });

  it('reads every type, a scalar and an empty tensor, in the order of the data', async () => {
    const header = [
      `"last":${entry('BOOL', [2], 29, 31)}`,
      `"float":${entry('F32', [1, 2], 0, 8)}`,
      `"empty":${entry('F32', [0, 3], 8, 8)}`,
      `"scalar":${entry('I32', [], 8, 12)}`,
      `"bytes":${entry('U8', [1], 12, 13)}`,
      `"long":${entry('I64', [2], 13, 29)}`,
    ].join(', ');
    const data = Buffer.alloc(31);
    data.writeFloatLE(-1.5, 0);
    data.writeFloatLE(3e38, 4);
    data.writeInt32LE(-7, 8);
    data.writeUInt8(200, 12);
    data.writeBigInt64LE(-(2n ** 63n), 13);
    data.writeBigInt64LE(5n, 21);
    data.writeUInt8(1, 30);
    const tensors = await readBytes(await temporaryFolder(), fileOf(`{${header}}  `, data));
    expect([...(tensors as Map<string, Tensor>)]).toEqual([
      ['float', { dtype: 'float32', shape: [1, 2], data: Float32Array.from([-1.5, 3e38]) }],
      ['empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array() }],
      ['scalar', { dtype: 'int32', shape: [], data: Int32Array.from([-7]) }],
      ['bytes', { dtype: 'uint8', shape: [1], data: Uint8Array.from([200]) }],
      ['long', { dtype: 'int64', shape: [2], data: BigInt64Array.from([-(2n ** 63n), 5n]) }],
      ['last', { dtype: 'bool', shape: [2], data: Uint8Array.from([0, 1]) }],
    ]);
  });

  it('reads every half there is as the float32 that equals it', async () => {
    const header = `{"ieee":${entry('F16', [2, 32768], 0, 131072)},"brain":${entry('BF16', [65536], 131072, 262144)}}`;
    const every = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = new Uint8Array(every.buffer);
    const tensors = await readBytes(await temporaryFolder(), fileOf(header, Buffer.concat([bytes, bytes])));
    const { ieee, brain } = Object.fromEntries(tensors as Map<string, Tensor<'float32'>>);
    expect([ieee!.dtype, ieee!.shape, brain!.shape]).toEqual(['float32', [2, 32768], [65536]]);
    // As IEEE 754 defines them.
    const value = (bits: number, exponentBits: number, fractionBits: number) => {
      const sign = bits & 0x8000 ? -1 : 1;
      const exponent = (bits & 0x7fff) >> fractionBits;
      const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
      const bias = 2 ** (exponentBits - 1) - 1;
      if (exponent === 2 * bias + 1) return fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY;
      return exponent > 0
        ? sign * 2 ** (exponent - bias) * (1 + fraction)
        : sign * 2 ** (1 - bias) * fraction;
    };
    expect(ieee!.data).toEqual(Float32Array.from(every, (bits) => value(bits, 5, 10)));
    expect(brain!.data).toEqual(Float32Array.from(every, (bits) => value(bits, 8, 7)));
  });

  const four = Buffer.alloc(4);
  const huge = Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 123]);
  const tooLong = Buffer.from([0, 225, 245, 6, 0, 0, 0, 0, 123]); // 116777216
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /ends at offset 0, expected 8 bytes at offset 0/],
    ['a header longer than the file', huge, /header of 184467\d+ bytes .* offset 0, expected at most 1;/],
    ['a header longer than a file', tooLong, /header of 116777216 bytes .* expected at most 1;/],
    ['no JSON', fileOf('{"a":'), /header of 5 bytes at offset 8 that is not JSON/],
    ['JSON that is no object', fileOf('[1]'), /at offset 8 that does not start with \{/],
    ['bytes that are no UTF-8', fileOf(Buffer.from([123, 34, 255, 34, 125])), /not JSON/],
    ['an entry that is none', fileOf('{"a":3}'), /at offset 8: tensor "a": .*expected object/],
    ['a missing shape', fileOf('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), /tensor "a" "shape": /],
    ['a negative dimension', fileOf(`{"a":${entry('U8', [-1, -4], 0, 4)}}`, four), /tensor "a" "shape" "0"/],
    ['a fraction', fileOf(`{"a":${entry('U8', [1.5], 0, 4)}}`, four), /tensor "a" "shape" "0"/],
    ['metadata that is no text', fileOf('{"__metadata__":{"a":1}}'), /__metadata__ "a": .*expected string/],
    [
      'another size',
      fileOf(`{"a":${entry('F32', [2], 0, 4)}}`, four),
      /"a" at data offset 0: got 4 bytes, expected 8/,
    ],
    [
      'a product beyond 2^64',
      fileOf(`{"a":${entry('U8', [2 ** 40, 2 ** 40], 0, 4)}}`, four),
      /expected 1\.2\d+e\+24 for U8/,
    ],
    ['offsets backwards', fileOf(`{"a":${entry('U8', [4], 4, 0)}}`, four), /got -4 bytes, expected 4/],
    [
      'data beyond the end',
      fileOf(`{"a":${entry('U8', [5], 0, 5)}}`, four),
      /got 65 bytes, expected 66, the end of tensor "a"/,
    ],
    ['data without a tensor', fileOf('{}', four), /got 14 bytes, expected 10, the end of the header/],
    [
      'an overlap',
      fileOf(`{"a":${entry('U8', [3], 0, 3)},"b":${entry('U8', [2], 2, 4)}}`, four),
      /"b" at offset 115: got an overlap with tensor "a"/,
    ],
    [
      'a gap',
      fileOf(`{"a":${entry('U8', [1], 0, 1)},"b":${entry('U8', [2], 2, 4)}}`, four),
      /"b" at offset 115: got a gap after tensor "a"/,
    ],
    [
      'a name twice',
      fileOf(`{"a":${entry('U8', [2], 0, 2)},"a":${entry('U8', [2], 2, 4)}}`, four),
      /a gap after the header/,
    ],
    [
      'terminal commands',
      fileOf(`{"\\u001b[2J\\n\\u2028":${entry('U8', [1], 0, 4)}}`, four),
      /got 4 bytes, expected 1/,
    ],
    [
      'a long name',
      fileOf(`{"${'a'.repeat(1e5)}":${entry('U8', Array(1e5).fill(1), 0, 4)}}`, four),
      /aaa\.\.\."/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    expect(await readBytes(await temporaryFolder(), bytes)).toMatch(message);
  });

  it('refuses a file that is missing, and a folder', async () => {
    const folder = await temporaryFolder();
    await expect(readSafetensors(path.join(folder, 'none'))).rejects.toThrow(/none: there is no such file/);
    await mkdir(path.join(folder, 'sub'));
    await expect(readSafetensors(path.join(folder, 'sub'))).rejects.toThrow(
      /sub: it is a folder, not a file/,
    );
  });

  it('refuses a file that was cut short anywhere', async () => {
    const folder = await temporaryFolder();
    const whole = await smallFile(folder);
    expect(await readBytes(folder, whole)).toBeInstanceOf(Map);
    for (let length = 0; length < whole.length; length++) {
      expect(await readBytes(folder, whole.subarray(0, length)), `${length} bytes`).toBeTypeOf('string');
    }
  });

  it('reads or refuses a file of another tool with damage anywhere in its header, and nothing else', async () => {
    const folder = await temporaryFolder();
    const whole = unsealed(await smallFile(folder));
    const headerEnd = 8 + whole.readUInt32LE();
    const stream = random('mutations');
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(whole);
      for (let n = stream.integer(4); n >= 0; n--) {
        const digitsOrAny = stream.integer(2) === 0 ? 48 + stream.integer(10) : stream.integer(256);
        bytes[stream.integer(headerEnd)] = digitsOrAny;
      }
      if (typeof (await readBytes(folder, bytes)) === 'string') refused += 1;
    }
    // Damage inside a name or the metadata goes unnoticed.
    expect(refused).toBeGreaterThan(1000);
  });

  it('refuses a file of ours with any bit flipped, however it is read', async () => {
    const folder = await temporaryFolder();
    const whole = await smallFile(folder);
    const file = path.join(folder, 'flipped.safetensors');
    // Those that read files take a bit of each byte, one position after the other: they check the same header by the same function, and
    // a checksum that covers a byte covers all of its bits.
    const accepted: string[] = [];
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const ways = [['parsed', async () => parseSafetensors(bytes, file)]] as [
        string,
        () => Promise<unknown>,
      ][];
      if ((bit & 7) === (bit >> 3) % 8) {
        await writeFile(file, bytes);
        ways.push(['read', () => readSafetensors(file)]);
        ways.push(['mapped', () => readSafetensors(file, { mapped: true })]);
      }
      for (const [way, read] of ways) {
        // Without expect(), which takes longer than reading one of thousands of small files.
        const message = await read().then(
          () => 'nothing',
          (error: Error) => error.message,
        );
        if (!message.includes(file)) accepted.push(`bit ${bit}, ${way}: ${message}`);
      }
    }
    expect(accepted).toEqual([]);
  });

  it('says what checksums a damaged file of ours has and should have', async () => {
    const folder = await temporaryFolder();
    const bytes = await smallFile(folder);
    const expected = crc32(unsealed(bytes)).toString(16).padStart(8, '0');
    bytes[bytes.length - 1]! ^= 1;
    const got = crc32(unsealed(bytes)).toString(16).padStart(8, '0');
    expect(await readBytes(folder, bytes)).toContain(`got checksum ${got}, expected ${expected}`);
  });

  it('reads what another tool has made of a file of ours', async () => {
    const folder = await temporaryFolder();
    const bytes = await smallFile(folder);
    const dataStart = 8 + bytes.readUInt32LE();
    const header = JSON.parse(bytes.toString('utf8', 8, dataStart));
    header.__metadata__.fcn = '{"a":2}';
    const tensors = await readBytes(folder, fileOf(JSON.stringify(header), bytes.subarray(dataStart)));
    expect(tensors).toBeInstanceOf(Map);
  });
});

/** A file of ours with spaces where its checksum is. */
function unsealed(bytes: Buffer): Buffer {
  const headerEnd = 8 + bytes.readUInt32LE();
  return Buffer.from(bytes).fill(' ', headerEnd - 32, headerEnd);
}

async function smallFile(folder: string): Promise<Buffer> {
  const file = path.join(folder, 'small.safetensors');
  const tensors: [string, Tensor][] = [
    ['conv.weight', tensorOf('float32', [2, 3], [1, 2, 3, 4, 5, 6])],
    ['mask', tensorOf('uint8', [5], [1, 2, 3, 4, 5])],
    ['step', tensorOf('int64', [], [7])],
  ];
  await writeSafetensors(file, tensors, { fcn: '{"a":1}' });
  return readFile(file);
}

describe('writeSafetensors', () => {
  it('writes the bytes that the format describes, tensors in their order, the data at a multiple of 8', async () => {
    const file = path.join(await temporaryFolder(), 'out.safetensors');
    const tensors: [string, Tensor][] = [
      ['z', tensorOf('float32', [2], [1, -2])],
      ['7', tensorOf('uint8', [1, 1], [9])],
    ];
    await writeSafetensors(file, new Map(tensors), { key: 'vä"lue' });
    const header =
      '{"__metadata__":{"key":"vä\\"lue"},"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
      '"7":{"dtype":"U8","shape":[1,1],"data_offsets":[8,9]}}';
    const padding = ' '.repeat((8 - (Buffer.byteLength(header) % 8)) % 8);
    const data = Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 9]);
    const crc = crc32(fileOf(header + padding + ' '.repeat(32), data));
    const seal = crc.toString(2).padStart(32, '0').replaceAll('0', ' ').replaceAll('1', '\t');
    expect(await readFile(file)).toEqual(fileOf(header + padding + seal, data));
  });

  it('keeps order, names and values, and views into larger arrays', async () => {
    const file = path.join(await temporaryFolder(), 'out.safetensors');
    const values = Float32Array.from([9, 1, Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-40, 9]);
    const tensors = new Map<string, Tensor>([
      ['view', { dtype: 'float32', shape: [5], data: values.subarray(1, 6) }],
      ['10', tensorOf('int32', [1], [-1])],
      ['9', tensorOf('bool', [2], [1, 0])],
      ['__proto__', tensorOf('int64', [], [3])],
      ['naïve\n"name"', tensorOf('uint8', [0], [])],
    ]);
    await writeSafetensors(file, tensors, {});
    const read = await readSafetensors(file);
    expect([...read.tensors].sort()).toEqual([...tensors].sort());
    expect([...read.tensors.keys()].filter((name) => !name.startsWith('naïve'))).toEqual(
      [...tensors.keys()].slice(0, 4),
    );
    expect(read.metadata).toEqual({});
  });

  it('refuses a name twice, and the name of the metadata', async () => {
    const file = path.join(await temporaryFolder(), 'out.safetensors');
    const one = tensorOf('uint8', [1], [1]);
    await expect(
      writeSafetensors(file, [
        ['a', one],
        ['a', one],
      ]),
    ).rejects.toThrow(/name twice/);
    await expect(writeSafetensors(file, [['__metadata__', one]])).rejects.toThrow(/__metadata__/);
  });

  it('says that a folder cannot be written', async () => {
    await expect(writeSafetensors('/nowhere/at/all.safetensors', [])).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/cannot write .*all\.safetensors: there is no such/),
    });
  });
});
