import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { attackReaders } from './mutations.ts';
import { readers } from './readers.ts';

describe('a damaged file of any format', () => {
  it('is read where it is whole', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'fcn-readers-'));
    try {
      for (const { name, seeds, read } of readers) {
        if (name === 'PyTorch, tar') continue; // refused, with what to do
        for (const bytes of await seeds())
          await read(bytes, folder).catch((thrown) => expect.fail(`${name}: ${thrown}`));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is read or refused in one line, and nothing else', { timeout: 180_000 }, async () => {
    const { faults, inputs } = await attackReaders({ inputs: 1000, seed: 8 });
    expect(faults).toEqual([]);
    const unread = Object.entries(inputs).filter(([, { read, refused }]) => read + refused === 0);
    expect(unread.map(([name]) => name)).toEqual([]);
  });
});
