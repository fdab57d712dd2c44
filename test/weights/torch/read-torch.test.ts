import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../../src/base/tensor.ts';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { readSafetensors } from '../../../src/weights/safetensors/safetensors.ts';
import { pickleStateDict } from '../../../src/weights/torch/pickle-state-dict.ts';
import { readTorch } from '../../../src/weights/torch/read-torch.ts';
import { fixtureFile, readBytes, temporaryFile, zipOf } from './files.ts';

/** The values of `quarters` in peer/fixture_torch.py. */
const quarters = (count: number, start = 0) => Array.from({ length: count }, (_, i) => (i + start) / 4);

const stateDict: [string, number[], number[]][] = [
  ['conv.weight', [3, 2, 3, 3], quarters(54, 0)],
  ['conv.bias', [3], quarters(3, 1)],
  ['norm.weight', [3], quarters(3, 2)],
  ['norm.bias', [3], quarters(3, 3)],
  ['norm.running_mean', [3], quarters(3, 4)],
  ['norm.running_var', [3], quarters(3, 5)],
  ['score.weight', [2, 3, 1, 1], quarters(6, 7)],
];

async function read(name: string): Promise<[string, readonly number[], number[]][]> {
  const tensors = await readTorch(fixtureFile(name));
  return [...tensors].map(([key, { shape, data }]) => [key, shape, [...data]]);
}

describe('readTorch', () => {
  it.each([
    'state-dict.pth',
    'state-dict-legacy.pth',
    'protocol-4.pth',
    'protocol-5-legacy.pth',
    'checkpoint.pth',
    'checkpoint-legacy.pth',
  ])('reads the state dict in %s, without its counter', async (name) => {
    expect(await read(name)).toEqual(stateDict);
  });

  it.each(['nested.pth', 'parallel.pth'])('reads the state dict of a wrapped network in %s', async (name) => {
    const { tensors } = await readWeights(fixtureFile(name));
    expect([...tensors].map(([key, { shape, data }]) => [key, shape, [...data]])).toEqual(stateDict);
  });

  it.each(['module.pth', 'objects.pth', 'objects-legacy.pth', 'malicious.pth'])(
    'reads the weights in %s, and runs nothing of the objects beside them',
    async (name) => {
      expect(await read(name)).toEqual(stateDict);
      expect(existsSync('executed')).toBe(false);
    },
  );

  it('reads parameters', async () => {
    const learned = stateDict.filter(([name]) => !name.includes('running'));
    expect(await read('parameters.pth')).toEqual(learned);
  });

  it.each(['views.pth', 'views-legacy.pth'])(
    'reads the tensors that look into others in %s',
    async (name) => {
      const base = quarters(24);
      const at = (...indices: number[]) => indices.map((i) => base[i]!);
      const transposed = Array.from({ length: 24 }, (_, i) => base[(i % 4) * 6 + Math.floor(i / 4)]!);
      const permuted = Array.from({ length: 24 }, (_, i) => base[(i % 6) * 4 + Math.floor(i / 6)]!);
      expect(await read(name)).toEqual([
        ['base', [4, 6], base],
        ['row', [6], at(12, 13, 14, 15, 16, 17)],
        ['column', [4], at(3, 9, 15, 21)],
        ['window', [2, 3], at(8, 9, 10, 14, 15, 16)],
        ['transposed', [6, 4], transposed],
        ['permuted', [4, 2, 3], permuted],
        ['stepped', [2, 2], at(0, 3, 12, 15)],
        ['expanded', [3, 4], [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3].map((x) => x / 4)],
        ['again', [4, 6], base],
        ['scalar', [], [7 / 4]],
        ['empty', [0, 3], []],
        ['one', [1, 1], at(10)],
        ['channels_last', [2, 3, 2, 2], base],
      ]);
    },
  );

  it('turns floating-point types into float32 and leaves integers out', async () => {
    const six = quarters(6);
    expect(await read('types.pth')).toEqual([
      ['half', [3, 2], six],
      ['half_transposed', [2, 3], [0, 2, 4, 1, 3, 5].map((i) => six[i])],
      ['bfloat16', [3, 2], six],
      ['double', [3, 2], six],
      ['double_view', [2, 2], six.slice(2)],
    ]);
  });

  it.each(['half.pth', 'half-legacy.pth'])(
    'reads every kind of half-precision number in %s',
    async (name) => {
      const { tensors } = await readSafetensors(fixtureFile('half-values.safetensors'));
      expect(await read(name)).toEqual(
        ['half', 'bfloat16'].map((key) => [key, tensors.get(key)!.shape, [...tensors.get(key)!.data]]),
      );
    },
  );

  it('reads the byte order that the file names', async () => {
    const tensor = tensorOf('float32', [3], [1, -2, 0.5]);
    const pickle = pickleStateDict([['a', tensor]]);
    const zip = (order: string, data: Buffer) =>
      zipOf({ 'x/data.pkl': pickle, 'x/byteorder': Buffer.from(order), 'x/data/0': data });
    const little = Buffer.from('0000803f000000c00000003f', 'hex');
    const read = new Map([['a', tensor]]);
    expect(await readBytes(zip('little', little))).toEqual(read);
    expect(await readBytes(zip('big', Buffer.from('3f800000c00000003f000000', 'hex')))).toEqual(read);
    expect(await readBytes(zip('middle', little))).toMatch(/got a byte order other than little and big/);
  });

  it.each<[string, RegExp]>([
    ['malicious-legacy.pth', /got "posix\.system", expected a state dict.* code in a file is never run/],
    ['list.pth', /something other than a dictionary, expected a state dict/],
    ['no-tensors.pth', /a dictionary without floating-point tensors \(keys "epoch", "state"\)/],
    ['plain-pickle.pth', /at offset 0: got a pickle that does not start like those of torch\.save/],
    ['torchscript.pth', /got a TorchScript program; save the state_dict\(\)/],
    ['half-values.safetensors', /at offset 0: got neither a zip file nor a pickle/],
  ])('refuses %s', async (name, message) => {
    await expect(readTorch(fixtureFile(name))).rejects.toThrow(message);
    expect(existsSync('executed')).toBe(false);
  });

  it('refuses the tar format by its name, and what is no file', async () => {
    const tar = Buffer.alloc(1024);
    tar.write('storages', 0);
    tar.write('ustar\0', 257);
    expect(await readBytes(tar)).toMatch(/got the tar format of the first PyTorch releases/);
    await expect(readTorch(temporaryFile('none.pth'))).rejects.toThrow(/none\.pth: there is no such file/);
    await expect(readTorch(temporaryFile('.'))).rejects.toThrow(/it is a folder, not a file/);
  });
});
