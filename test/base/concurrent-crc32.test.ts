import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concurrentCrc32 } from '../../src/base/concurrent-crc32.ts';

describe('concurrentCrc32', () => {
  const bytes = Buffer.alloc(2 ** 24 + 5);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2_654_435_761) >>> 24;

  it.each([0, 1, 1000, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 5])('is that of zlib for %i bytes', async (count) => {
    const content = bytes.subarray(0, count);
    expect(await concurrentCrc32(content)).toBe(zlibCrc32(content));
    expect(await concurrentCrc32(content, 0xcafe)).toBe(zlibCrc32(content, 0xcafe));
  });

  it('finds one bit that was changed in each part', async () => {
    const before = await concurrentCrc32(bytes);
    for (const place of [0, 2 ** 22 + 9, 2 ** 23 + 1, bytes.length - 1]) {
      bytes[place]! ^= 1;
      expect(await concurrentCrc32(bytes)).not.toBe(before);
      bytes[place]! ^= 1;
    }
  });
});
