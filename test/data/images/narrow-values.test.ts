import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { readStoredMask } from '../../../src/data/images/stored-mask.ts';

/** Written by Pillow 9.4 (Image.fromarray(array).save), of 0 1 2 over 3 254 255. */
const small = {
  '16-bit PNG':
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNkYGBgZGBkYGBm+MfwHwAENgIE9lbZ4QAAAABJRU5ErkJggg==',
  '16-bit TIFF':
    'SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAEAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAAAgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAAAAAEAAgADAP4A/wA=',
  '32-bit TIFF':
    'SUkqAAgAAAAKAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAIAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAhgAAABYBBAABAAAAAgAAABcBBAABAAAAGAAAABwBAwABAAAAAQAAAFMBAwABAAAAAgAAAAAAAAAAAAAAAQAAAAIAAAADAAAA/gAAAP8AAAA=',
  'floating-point TIFF':
    'SUkqAAgAAAAKAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAIAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAhgAAABYBBAABAAAAAgAAABcBBAABAAAAGAAAABwBAwABAAAAAQAAAFMBAwABAAAAAwAAAAAAAAAAAAAAAACAPwAAAEAAAEBAAAB+QwAAf0M=',
};
/** Likewise: a PNG of 257 times these values, 32 bits of one less, floats of half of them. */
const others: [string, RegExp][] = [
  [
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNkYGBkZGRkYGb+9+//fwAKUgQGHcEDxwAAAABJRU5ErkJggg==',
    /got 16-bit gray pixels with the value 257 at x 1, y 0, expected class numbers 0\.\.255/,
  ],
  [
    'SUkqAAgAAAAKAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAIAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAhgAAABYBBAABAAAAAgAAABcBBAABAAAAGAAAABwBAwABAAAAAQAAAFMBAwABAAAAAgAAAAAAAAD/////AAAAAAEAAAACAAAA/QAAAP4AAAA=',
    /got int pixels with the value -1 at x 0, y 0/,
  ],
  [
    'SUkqAAgAAAAKAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAIAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAhgAAABYBBAABAAAAAgAAABcBBAABAAAAGAAAABwBAwABAAAAAQAAAFMBAwABAAAAAwAAAAAAAAAAAAAAAAAAPwAAgD8AAMA/AAD+QgAA/0I=',
    /got float pixels with the value 0\.5 at x 1, y 0/,
  ],
];

describe('a mask of many bits', () => {
  it.each(Object.entries(small))('%s is read where its values are class numbers', async (name, base64) => {
    const mask = await readStoredMask(Buffer.from(base64, 'base64'), name);
    expect([...mask.data]).toEqual([0, 1, 2, 3, 254, 255]);
    expect([mask.width, mask.height, mask.channels]).toEqual([3, 2, 1]);
  });

  it.each(others)('is refused with other values (%#)', async (base64, message) => {
    await expect(readStoredMask(Buffer.from(base64, 'base64'), 'm')).rejects.toThrow(message);
  });
});

describe('a mask with transparent pixels', () => {
  const rgba = (...pixels: number[][]) =>
    readStoredMask(
      encode({
        width: pixels.length,
        height: 1,
        channels: 4,
        depth: 8,
        data: Uint8Array.from(pixels.flat()),
      }),
      'm.png',
    );
  const [red, faint, erased, blue] = [[200, 0, 0, 255], [200, 0, 0, 9], [200, 0, 0, 0], [0, 0, 200, 0]]; // biome-ignore format: pixels

  it('has their colors where these are no others', async () => {
    expect([...(await rgba(red!, faint!, blue!)).data]).toEqual([200, 0, 0, 200, 0, 0, 0, 0, 200]);
    expect([...(await rgba(erased!, blue!)).data]).toEqual([200, 0, 0, 0, 0, 200]);
  });

  it('is refused where opaque pixels have the same color: they may have been erased', async () => {
    await expect(rgba(blue!, faint!, erased!)).rejects.toThrow(
      /m\.png: got the color 200 0 0 opaque \(x 1, y 0\) and transparent, expected one or the other; .* without alpha/,
    );
  });
});
