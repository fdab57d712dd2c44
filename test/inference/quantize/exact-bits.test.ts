import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { exactWeightBits } from '../../../src/inference/quantize/exact-bits.ts';

describe('exactWeightBits', () => {
  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'is 8 on x64 with VNNI instructions alone',
    async () => {
      const hasVnni = /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
      expect(await exactWeightBits(nativeRuntime)).toBe(hasVnni ? 8 : 7);
    },
  );

  it.runIf(process.arch === 'arm64')('is 8 on Arm', async () => {
    expect(await exactWeightBits(nativeRuntime)).toBe(8);
  });
});
