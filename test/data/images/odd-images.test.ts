import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeImage, decodeWithRemarks } from '../../../src/data/images/decode.ts';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { remarks } from '../../../src/data/images/remarks.ts';
import { readFixture } from '../../fixtures.ts';
import { makePng, testImage, toSharp } from '../helpers.ts';

/** By Pillow and by hand: peer/fixture_odd_images.py. */
const folder = path.join(import.meta.dirname, '../../fixtures/odd-images');
const files = (await readdir(folder)).filter((file) => !file.endsWith('.safetensors'));
const { tensors: expected } = await readFixture('odd-images/expected');

const special: Record<string, string> = {
  ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8].map((n) => [`orientation-${n}.jpg`, remarks.turned])),
  'orientation-6.png': remarks.turned,
  'gray-alpha.png': remarks.transparent,
  'rgba.png': remarks.transparent,
  'alpha.bmp': remarks.transparent,
  'palette-transparent.png': remarks.transparent,
  'two-frames.gif': remarks.frames,
  'two-frames.png': remarks.frames,
  'two-frames.mpo': remarks.frames,
  'two-pages.tif': remarks.frames,
  'bytes-before-marker.jpg': remarks.irregular,
  'unsorted.tif': remarks.irregular,
};

describe('images of all kinds', () => {
  it.each(files)('reads %s as Pillow does, upright and on white', async (file) => {
    const { image, remarks: found } = await decodeWithRemarks(await readFile(path.join(folder, file)), file);
    const { shape, data } = expected.get(file)!;
    expect([image.height, image.width, 3]).toEqual(shape);
    const difference = image.data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(data[i]))),
      0,
    );
    expect(difference).toBe(0);
    expect(found).toEqual(special[file] ? [special[file]] : []);
  });

  it('divides values of 10 and 12 bits in 16, and leaves those of 8 and 16 alone', async () => {
    const gray = async (values: number[], insert?: Uint8Array) => {
      const row = values.flatMap((value) => [value >> 8, value & 255]);
      const png = makePng({ width: values.length, height: 1, depth: 16, colorType: 0, rows: [row] });
      const bytes = insert ? Buffer.concat([png.subarray(0, 33), insert, png.subarray(33)]) : png;
      const { image, remarks: found } = await decodeWithRemarks(bytes, 'x');
      return [[...image.data].filter((_, i) => i % 3 === 0), found];
    };
    expect(await gray([0, 17, 255])).toEqual([[0, 17, 255], [remarks.ofBits(8)]]);
    expect(await gray([0, 400, 1023])).toEqual([[0, 100, 255], [remarks.ofBits(10)]]);
    expect(await gray([0, 1600, 4095])).toEqual([[0, 100, 255], [remarks.ofBits(12)]]);
    expect(await gray([0, 4096, 65535])).toEqual([[0, 16, 255], []]);
    expect(await gray([0, 0])).toEqual([[0, 0], []]);
    // An image that says 12 bits and is dark, 14 bits, and 16.
    const sBit = (bits: number) => Buffer.from([0, 0, 0, 1, 0x73, 0x42, 0x49, 0x54, bits, 0, 0, 0, 0]);
    expect(await gray([0, 160, 800], sBit(12))).toEqual([[0, 10, 50], [remarks.ofBits(12)]]);
    expect(await gray([0, 6400, 16383], sBit(14))).toEqual([[0, 100, 255], [remarks.ofBits(14)]]);
    expect(await gray([0, 256, 800], sBit(16))).toEqual([[0, 1, 3], []]);
    expect(await gray([0, 256, 65535], sBit(12))).toEqual([[0, 1, 255], []]);
  });

  it('leaves out channels that are no colors, and refuses channels and values of unknown meaning', async () => {
    const { width, height, data } = testImage(3, 4);
    const tiff = (tag: number) => {
      const four = Uint8Array.from({ length: 48 }, (_, i) => (i % 4 < 3 ? data[(i >> 2) * 3 + (i % 4)]! : 7));
      return rgbTiff(width, height, four, tag);
    };
    const other = await decodeWithRemarks(tiff(0), 'x');
    expect(other).toMatchObject({ image: { data }, remarks: [remarks.extraChannels] });
    const alpha = await decodeWithRemarks(tiff(2), 'x');
    expect(alpha.remarks).toEqual([remarks.transparent]);
    expect(alpha.image.data[0]).toBe(Math.round((data[0]! * 7 + 255 * 248) / 255));
    // Already multiplied by 7 / 255: what is on white is the sum of both.
    const small = Uint8Array.from({ length: 48 }, (_, i) => (i % 4 < 3 ? i % 8 : 7));
    const multiplied = await decodeImage(rgbTiff(width, height, small, 1), 'x');
    expect([...multiplied.data.subarray(0, 6)]).toEqual([248, 249, 250, 252, 253, 254]);
    const float = await toSharp(testImage(3, 4))
      .toColourspace('scrgb')
      .tiff({ compression: 'none' })
      .toBuffer();
    await expect(decodeImage(float, 'f.tif')).rejects.toThrow(/^image f\.tif: got .* expected 8 or 16 bits/);
  });

  it('names what is no image, though it has the name of one', async () => {
    const png = await toSharp(testImage(3, 4)).png().toBuffer();
    const converted = Buffer.from(png.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
    const cases: [Uint8Array, RegExp][] = [
      [converted, /line endings were converted/],
      [Buffer.from(pointer), /Git LFS .*git lfs pull/],
      [Buffer.from('\n<!DOCTYPE html><html><body>Sign in</body></html>'), /a web page/],
      [new Uint8Array(), /it is empty/],
    ];
    for (const [bytes, message] of cases) {
      await expect(decodeImage(bytes, 'a.png')).rejects.toThrow(message);
      expect(() => decodeLabelPng(bytes, 'a.png')).toThrow(message);
    }
  });

  it('refuses a JPEG from which pixels are missing, also behind bytes that do not matter', async () => {
    const whole = await readFile(path.join(folder, 'bytes-before-marker.jpg'));
    const cut = Buffer.concat([whole.subarray(0, -60), Buffer.from([0xff, 0xd9])]);
    await expect(decodeImage(cut, 'a.jpg')).rejects.toThrow(
      /^image a\.jpg: cannot be decoded .*premature end/,
    );
    await expect(decodeImage(whole.subarray(0, -60), 'a.jpg')).rejects.toThrow(/premature end/);
  });

  it('names the size of an image that is too large', async () => {
    const png = makePng({ width: 30000, height: 20000, depth: 8, colorType: 0, rows: [[0]] });
    await expect(decodeImage(png, 'big.png')).rejects.toThrow(
      /^image big\.png: got 30000x20000 pixels, expected at most 536 million; make it smaller, or cut it into tiles$/,
    );
  });
});

/** An uncompressed RGB TIFF with a fourth channel (TIFF 6.0, section 6). @param extra what that is: tag 338 */
function rgbTiff(width: number, height: number, data: Uint8Array, extra: number): Buffer {
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 0], // replaced by where the four depths are
    [259, 3, 1],
    [262, 3, 2],
    [273, 4, 0], // replaced by where the pixels are
    [277, 3, 4],
    [278, 4, height],
    [279, 4, data.length],
    [338, 3, extra],
  ];
  const depths = 8 + 2 + 12 * entries.length + 4;
  const head = Buffer.alloc(depths + 8);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, value], i) => {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag!, at);
    head.writeUInt16LE(type!, at + 2);
    head.writeUInt32LE(tag === 258 ? 4 : 1, at + 4);
    head.writeUInt32LE({ 258: depths, 273: depths + 8 }[tag!] ?? value!, at + 8);
  });
  for (let i = 0; i < 4; i++) head.writeUInt16LE(8, depths + 2 * i);
  return Buffer.concat([head, data]);
}
