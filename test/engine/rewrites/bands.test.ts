import { describe, expect, it } from 'vitest';
import { bandsOf } from '../../../src/engine/rewrites/bands.ts';

const fc6 = { name: 'fc6.weight', shape: [4096, 512, 7, 7], initialization: 'he-normal' } as const;

describe('bands of a parameter', () => {
  it('cover its rows, one after the other', () => {
    const bands = bandsOf(fc6);
    expect(bands[0]).toMatchObject({ name: 'fc6.weight[0:83]', shape: [83, 512, 7, 7] });
    const ends = bands.map(({ rows }) => rows.end);
    expect(bands.map(({ rows }) => rows.start)).toEqual([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(4096);
    expect(bands.reduce((sum, { shape }) => sum + shape[0]!, 0)).toBe(4096);
  });

  it('are one for a small parameter, and for a deconvolution of any size', () => {
    const small = { ...fc6, shape: [512, 512, 3, 3] };
    expect(bandsOf(small)).toEqual([{ name: fc6.name, rows: { start: 0, end: 512 }, shape: small.shape }]);
    expect(bandsOf({ ...fc6, shape: [150, 150, 64, 64], initialization: 'bilinear' })).toHaveLength(1);
  });
});
