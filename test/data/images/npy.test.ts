import { describe, expect, it } from 'vitest';
import { encodeNpy } from '../../../src/data/images/npy.ts';

describe('encodeNpy', () => {
  it('writes byte for byte what NumPy writes', () => {
    // NumPy 1.24: np.save(file, np.array([[0, .5, -1.25], [3e38, 1e-40, np.inf]], dtype='<f4'))
    const numpy =
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg' +
      'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAPwAAoL/msWF/whYBAAAAgH8=';
    const values = Float32Array.from([0, 0.5, -1.25, 3e38, 1e-40, Number.POSITIVE_INFINITY]);
    expect(Buffer.from(encodeNpy(values, [2, 3])).toString('base64')).toBe(numpy);
  });

  it('writes a vector and a view into a larger buffer', () => {
    const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const file = Buffer.from(encodeNpy(view, [2]));
    expect(file.toString('latin1')).toContain("'shape': (2,), }");
    expect([file.readFloatLE(128), file.readFloatLE(132), file.length]).toEqual([1, 2, 136]);
  });

  it('refuses a shape that the values do not fill', () => {
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow('got 5 values, expected 6');
  });
});
