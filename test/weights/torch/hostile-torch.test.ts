import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { tensorOf } from '../../../src/base/tensor.ts';
import { pickleStateDict } from '../../../src/weights/torch/pickle-state-dict.ts';
import type { ZipRecord } from '../../../src/weights/torch/zip-records.ts';
import { fixtureFile, readBytes, zipOf } from './files.ts';
import { dictionary, int, latin1, storage, tensor, text, tuple, zip } from './pickles.ts';

describe('a PyTorch file cut short anywhere', () => {
  it.each(['state-dict.pth', 'state-dict-legacy.pth'])('is refused: %s', async (name) => {
    const whole = await readFile(fixtureFile(name));
    expect(await readBytes(whole)).toBeInstanceOf(Map);
    const read: number[] = [];
    for (let length = 0; length < whole.length; length++) {
      if (typeof (await readBytes(whole.subarray(0, length))) !== 'string') read.push(length);
    }
    expect(read, 'lengths that are read').toEqual([]);
  });
});

describe('a PyTorch file with damage anywhere', () => {
  it.each([
    'checkpoint.pth',
    'checkpoint-legacy.pth',
    'views.pth',
    'views-legacy.pth',
    'types.pth',
    'protocol-4.pth',
  ])('is read or refused, and nothing else: %s', async (name) => {
    const whole = await readFile(fixtureFile(name));
    const stream = random('mutations', name);
    let refused = 0;
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(whole);
      for (let n = stream.integer(4); n >= 0; n--) {
        const [at, other] = [stream.integer(bytes.length), stream.integer(bytes.length)];
        // Another byte, another instruction of the file itself, or a piece moved.
        if (stream.integer(3) === 0) bytes.copy(bytes, at, other, other + stream.integer(16));
        else bytes[at] = stream.integer(2) === 0 ? stream.integer(256) : bytes[other]!;
      }
      if (typeof (await readBytes(bytes)) === 'string') refused += 1;
    }
    // Damage in the weights, in padding, and in what is not read goes unnoticed.
    expect(refused).toBeGreaterThan(20);
  });
});

describe('a PyTorch file with a flipped bit in what it holds', () => {
  it('is refused by its checksums, and the entry named', async () => {
    const whole = await readFile(fixtureFile('state-dict.pth'));
    const stored = storedBytes(whole, 'data/0');
    for (let at = 0; at < stored.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[stored.position + at]! ^= 1 << (at & 7);
      expect(await readBytes(bytes), `byte ${at}`).toMatch(
        /got checksum \w+ of zip entry ".*data\/0", expected/,
      );
    }
  });

  it('is read where PyTorch was told to compute no checksums', async () => {
    const whole = await readFile(fixtureFile('state-dict.pth'));
    for (let at = -1; (at = whole.indexOf('PK\x01\x02', at + 1)) >= 0; ) whole.writeUInt32LE(0, at + 16);
    expect(await readBytes(whole)).toBeInstanceOf(Map);
  });
});

/** Where the content of a zip entry lies, by its local header. */
function storedBytes(file: Buffer, ending: string): { position: number; length: number } {
  for (let at = -1; (at = file.indexOf('PK\x01\x02', at + 1)) >= 0; ) {
    const name = file.toString('latin1', at + 46, at + 46 + file.readUInt16LE(at + 28));
    if (!name.endsWith(ending)) continue;
    const header = file.readUInt32LE(at + 42);
    const position = header + 30 + file.readUInt16LE(header + 26) + file.readUInt16LE(header + 28);
    return { position, length: file.readUInt32LE(at + 24) };
  }
  throw new Error(`no entry ${ending}`);
}

describe('a hostile pickle is refused', () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const nested = (depth: number) => `\x80\x02${`}${text('model')}`.repeat(depth)}}${'s'.repeat(depth)}.`;
  it.each<[string, string, RegExp]>([
    ['nothing', '', /got 0 bytes, expected 1/],
    ['no end', '\x80\x02}', /got 0 bytes, expected 1/],
    ['an unknown instruction', '\x80\x02\xff.', /got pickle instruction 0xff, which is not known/],
    [
      'a call by name of the oldest protocol',
      '(S"id"\nios\nsystem\n.',
      /instruction 0x53, which is not known/,
    ],
    ['a later protocol', '\x80\x06}.', /got protocol 6, expected at most 5/],
    ['an extension code', '\x80\x02\x82\x01.', /instruction 0x82/],
    ['eval', `\x80\x02c__builtin__\neval\n${tuple(text('1'))}R.`, /got "__builtin__\.eval"/],
    ['a global by stack', `\x80\x04${text('os')}${text('system')}\x93.`, /got "os\.system"/],
    ['a class of torch that is none', '\x80\x02ctorch\nload\n.', /got "torch\.load"/],
    ['the prototype', '\x80\x02ctorch\nconstructor\n.', /got "torch\.constructor"/],
    ['a global of Object', '\x80\x02c__proto__\n__proto__\n.', /got "__proto__\.__proto__"/],
    ['a name without end', `\x80\x02c${'a'.repeat(5000)}`, /a line of more than 1024 bytes/],
    ['terminal commands', '\x80\x02c\x1b[2J\nx\n.', /got ".*\.x"/],
    ['a call of a dictionary', '\x80\x02})R.', /a call of something that is not a function/],
    ['a call without a tuple', '\x80\x02ccollections\nOrderedDict\nNR.', /a call without arguments/],
    [
      'an OrderedDict of numbers',
      `\x80\x02ccollections\nOrderedDict\n${tuple(tuple(int(1)))}R.`,
      /of things that are not pairs/,
    ],
    ['an empty stack', '\x80\x02.', /too few values/],
    ['a mark as a value', '\x80\x02(.', /too few values/],
    ['no mark', '\x80\x02t.', /got no mark/],
    ['an unknown value', '\x80\x02h\x07.', /got no value number 7/],
    ['an append to None', '\x80\x02NNa.', /append to something that is not a list/],
    ['a key without a value', '\x80\x02}(Nu.', /got a key without a value/],
    ['a text of terabytes', `\x80\x04\x8d${'\xff'.repeat(8)}`, /got 0 bytes, expected 184467\d+/],
    ['bytes of gigabytes', '\x80\x03B\xff\xff\xff\xff', /got 0 bytes, expected 4294967295/],
    ['an integer of gigabytes', '\x80\x02\x8b\xff\xff\xff\x7f', /got an integer of 2147483647 bytes/],
    [
      'a dictionary within itself',
      `\x80\x02}q\x00${text('model')}h\x00s.`,
      /got "model" within itself, 8 times/,
    ],
    ['deep dictionaries', nested(10_000), /got "model" within itself, 8 times/],
    ['deep tuples', `\x80\x02N${'\x85'.repeat(500_000)}.`, /something other than a dictionary/],
    ['a list within itself', '\x80\x02]q\x00h\x00a.', /something other than a dictionary/],
    [
      'a list over and over',
      `\x80\x02](${'NN\x86'.repeat(1000)}eq\x00(${'ccollections\nOrderedDict\nh\x00\x85R'.repeat(2000)}`,
      /more than 1000000 instructions/,
    ],
    ['a million dictionaries', `\x80\x02(${'}'.repeat(1_100_000)}`, /more than 1000000 instructions/],
    ['a persistent id of text', dictionary(`${text('0')}Q`), /describes no storage/],
    [
      'a storage of a class',
      dictionary(`${tuple(text('storage'), 'ctorch\nSize\n', text('0'), text('cpu'), int(1))}Q`),
      /no storage/,
    ],
    ['a storage of -1 elements', dictionary(storage(-1)), /describes no storage/],
    [
      'a storage in two ways',
      `\x80\x02(${storage(4)}${storage(2, 'DoubleStorage')}t.`,
      /storage "0" in two ways/,
    ],
    ['a tensor of None', dictionary(tensor('N', 0, [1], [1])), /a tensor without a storage/],
    ['too few strides', dictionary(tensor(storage(4), 0, [2, 2], [1])), /are not whole numbers/],
    ['a negative stride', dictionary(tensor(storage(4), 3, [4], [-1])), /are not whole numbers/],
    [
      'a shape of itself',
      dictionary(`ctorch._utils\n_rebuild_tensor\n(${storage(4)}${int(0)}]q\x00h\x00ah\x00tR`),
      /not whole numbers/,
    ],
    [
      'a thousand axes',
      dictionary(tensor(storage(4), 0, Array(1000).fill(1), Array(1000).fill(1))),
      /not whole numbers/,
    ],
    [
      'an offset beyond',
      dictionary(tensor(storage(4), 4, [1], [1])),
      /ends at element 5 of storage "0", expected at most 4/,
    ],
    ['a view beyond', dictionary(tensor(storage(4), 0, [2, 2], [3, 1])), /ends at element 5/],
    [
      'a product beyond 2^53',
      dictionary(tensor(storage(4), 0, [huge, huge], [0, 0])),
      /got a tensor \[9007199254740991, 9007/,
    ],
    [
      'an empty one beyond 2^53',
      dictionary(tensor(storage(4), 0, [huge, huge, 0], [0, 0, 0])),
      /got a tensor \[9007/,
    ],
    [
      'strides beyond 2^53',
      dictionary(tensor(storage(4), 0, [huge, 2], [huge, 1])),
      /ends at element 8\.1\d+e\+31/,
    ],
    [
      'a value a billion times',
      dictionary(tensor(storage(4), 0, [1e9], [0])),
      /got tensors of 40000\d+ bytes in a file of \d+, expected/,
    ],
    [
      'elements that overlap',
      dictionary(tensor(storage(4), 0, [2, 2], [1, 1])),
      /strides that make elements overlap/,
    ],
    [
      'a storage shorter than said',
      dictionary(tensor(storage(5), 0, [5], [1])),
      /got a storage of 16 bytes, expected at least 20/,
    ],
    [
      'a storage that is missing',
      dictionary(tensor(storage(4, 'FloatStorage', '9'), 0, [4], [1])),
      /got no zip entry "x\/data\/9"/,
    ],
    [
      'a path for a key',
      dictionary(tensor(storage(4, 'FloatStorage', '../../0'), 0, [4], [1])),
      /no zip entry "x\/data\/\.\.\/\.\.\/0"/,
    ],
  ])('%s', async (_, pickle, message) => {
    expect(await readBytes(zip(pickle))).toMatch(message);
  });

  it('a storage over and over', async () => {
    const data = Buffer.alloc(2 ** 20);
    const all = tensor(storage(2 ** 18), 0, [2 ** 18], [1]);
    const entries = Array.from({ length: 100 }, (_, i) => text(`t${i}`) + all);
    expect(await readBytes(zip(`\x80\x02}(${entries.join('')}u.`, data))).toMatch(
      /"t\d+": got tensors of \d+ bytes/,
    );
  });
});

describe('a hostile zip file is refused', () => {
  const pickle = pickleStateDict([['a', tensorOf('float32', [4], [1, 2, 3, 4])]]);
  const whole = zip(pickle);
  const claiming = (name: string, changes: Partial<ZipRecord>) =>
    zipOf({ 'x/data.pkl': pickle, 'x/data/0': Buffer.alloc(16) }, (record) =>
      record.name === name ? { ...record, ...changes } : record,
    );
  const patched = (patch: (bytes: Buffer) => unknown) => {
    const bytes = Buffer.from(whole);
    patch(bytes);
    return bytes;
  };
  const entryAt = whole.indexOf('PK\x01\x02');
  const endAt = whole.length - 22;

  it('and the one that they are made from is read', async () => {
    expect(await readBytes(whole)).toBeInstanceOf(Map);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      'a storage of terabytes',
      claiming('x/data/0', { bytes: 2 ** 42 }),
      /got 4398046511104 bytes of zip entry "x\/data\/0"/,
    ],
    [
      'a pickle of exabytes',
      claiming('x/data.pkl', { bytes: 2 ** 60 }),
      /got 11529215046068\d+ bytes of zip entry/,
    ],
    [
      'an entry beyond the end',
      claiming('x/data/0', { position: 2 ** 40 }),
      /at offset 1099511627776: got a file of/,
    ],
    [
      'an entry elsewhere',
      claiming('x/data/0', { position: 1 }),
      /at offset 1: got no header of zip entry "x\/data\/0"/,
    ],
    ['a name twice', claiming('x/data/0', { name: 'x/data.pkl' }), /got zip entry "x\/data\.pkl" twice/],
    [
      'no pickle',
      claiming('x/data.pkl', { name: 'x/data.pki' }),
      /a zip file with 0 data\.pkl, expected one/,
    ],
    ['two pickles', claiming('x/data/0', { name: 'y/data.pkl' }), /a zip file with 2 data\.pkl/],
    [
      'an entry that is not deflated but says so',
      patched((bytes) => bytes.writeUInt16LE(8, entryAt + 10)),
      /got zip entry "x\/data\.pkl": it cannot be unpacked \(/,
    ],
    [
      'an entry of another method',
      patched((bytes) => bytes.writeUInt16LE(12, entryAt + 10)),
      /packed by method 12, expected it stored as PyTorch does, or deflated; unpack it, and pack it without/,
    ],
    [
      'an encrypted entry',
      patched((bytes) => bytes.writeUInt16LE(1, entryAt + 8)),
      /got zip entry "x\/data\.pkl" encrypted, expected/,
    ],
    [
      'more entries than there are',
      patched((bytes) => bytes.writeUInt16LE(9, endAt + 10)),
      /got no entry 2 of the zip directory, expected 9/,
    ],
    [
      'a long name',
      patched((bytes) => bytes.writeUInt16LE(0xffff, entryAt + 28)),
      /entry 0 of the zip directory beyond its end/,
    ],
    [
      'a directory beyond its end',
      patched((bytes) => bytes.writeUInt32LE(whole.length, endAt + 12)),
      /a zip directory of \d+ bytes at \d+, expected its end/,
    ],
    [
      '64 bit without a locator',
      patched((bytes) => bytes.writeUInt16LE(0xffff, endAt + 10)),
      /got no locator of a 64-bit/,
    ],
    [
      'only its end',
      whole.subarray(endAt),
      /neither a zip file nor|zip file with 0 data\.pkl|zip directory of \d+ bytes/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await readBytes(bytes)).toMatch(message);
  });
});

describe('a hostile file of before 1.6 is refused', () => {
  const head = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.';
  const block = (length: number, view = 'N') =>
    `${tuple(text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), int(length), view)}Q`;
  const count = (length: number) => int(length).slice(2);
  const keys = (...names: string[]) => `\x80\x02](${names.map(text).join('')}e.`;
  const four = dictionary(tensor(block(4), 0, [4], [1]));
  const data = '\0'.repeat(16);

  it('and the ones that they are made from are read', async () => {
    expect(await readBytes(latin1(head + four + keys('0') + count(4) + data))).toBeInstanceOf(Map);
    const view = dictionary(tensor(block(4, tuple(text('v'), int(2), int(2))), 0, [2], [1]));
    const bytes = Buffer.from(latin1(head + view + keys('0') + count(4) + data));
    bytes.writeFloatLE(5, bytes.length - 8);
    expect(await readBytes(bytes)).toEqual(new Map([['a', tensorOf('float32', [2], [5, 0])]]));
  });

  it.each<[string, string, RegExp]>([
    ['another version', head.replace('\xe9\x03', '\xea\x03'), /got another version than 1001/],
    ['a list that is none', `${head + four}N.`, /got no list of storages/],
    [
      'a storage that no tensor has',
      head + four + keys('0', '1') + count(4) + data,
      /that no tensor uses, or with one twice/,
    ],
    [
      'a storage twice',
      head + four + keys('0', '0') + count(4) + data,
      /that no tensor uses, or with one twice/,
    ],
    ['a storage without bytes', head + four + keys(), /got no bytes for a storage that a tensor uses/],
    [
      'another length',
      head + four + keys('0') + count(2 ** 50) + data,
      /got a storage of 1125899906842624 elements, expected 4/,
    ],
    [
      'petabytes',
      head + dictionary(tensor(block(2 ** 50), 0, [1], [1])) + keys('0') + count(2 ** 50) + data,
      /got a file of \d+ bytes, expected 4503599627370496 bytes here/,
    ],
    [
      'a view beyond its storage',
      head + dictionary(tensor(block(4, tuple(text('v'), int(3), int(2))), 0, [1], [1])),
      /a view of storage "0" that does not lie in its 4 elements/,
    ],
    [
      'a module',
      `${head}\x80\x02${tuple(text('module'), 'cos\nsystem\n', 'N', 'N')}Q.\x80\x02].`,
      /got "os\.system"/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await readBytes(latin1(bytes))).toMatch(message);
  });
});
