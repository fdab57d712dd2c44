import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, readImage } from '../../../src/data/images/decode.ts';
import { encodeLabelPng } from '../../../src/data/images/encode-label-png.ts';
import { decodeLabelPng, decodeWithPalette } from '../../../src/data/images/label-png.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { makePng, temporaryFolder, testImage, toSharp, writeFiles } from '../helpers.ts';

const image = testImage(40, 60);

describe('vocPalette', () => {
  it('has the colors of VOC', () => {
    const palette = vocPalette();
    expect(palette).toHaveLength(256);
    const known = { 0: [0, 0, 0], 1: [128, 0, 0], 2: [0, 128, 0], 3: [128, 128, 0], 8: [64, 0, 0] };
    for (const [label, color] of Object.entries(known)) expect(palette[Number(label)]).toEqual(color);
    expect(palette[15]).toEqual([192, 128, 128]);
    expect(palette[20]).toEqual([0, 64, 128]);
    expect(palette[255]).toEqual([224, 224, 192]);
    expect(new Set(palette.map(String)).size).toBe(256);
  });
});

describe('decodeImage', () => {
  it('gives the pixels of lossless formats exactly', async () => {
    for (const bytes of [
      await toSharp(image).png().toBuffer(),
      await toSharp(image).webp({ lossless: true }).toBuffer(),
      await toSharp(image).tiff({ compression: 'lzw' }).toBuffer(),
    ]) {
      expect(await decodeImage(bytes, 'x')).toEqual(image);
    }
  });

  it('gives nearly the pixels of a JPEG', async () => {
    const smooth = { width: 8, height: 8, data: new Uint8Array(192).fill(77) };
    const decoded = await decodeImage(await toSharp(smooth).jpeg({ quality: 95 }).toBuffer(), 'x');
    for (const value of decoded.data) expect(Math.abs(value - 77)).toBeLessThanOrEqual(2);
  });

  it('makes RGB of gray, gray with alpha, RGBA, 16 bits and palettes', async () => {
    const png = (depth: number, colorType: number, row: number[], width = 2) =>
      makePng({ width, height: 1, depth, colorType, rows: [row] });
    const decoded = async (bytes: Uint8Array) => [...(await decodeImage(bytes, 'x')).data];
    expect(await decoded(png(8, 0, [9, 200]))).toEqual([9, 9, 9, 200, 200, 200]);
    // What is transparent is seen on white.
    expect(await decoded(png(8, 4, [9, 0, 200, 255]))).toEqual([255, 255, 255, 200, 200, 200]);
    expect(await decoded(png(8, 6, [1, 2, 3, 0, 0, 51, 255, 128]))).toEqual([255, 255, 255, 127, 153, 255]);
    expect(await decoded(png(16, 0, [9, 0, 200, 255]))).toEqual([9, 9, 9, 200, 200, 200]);
    // The palette of makePng: color i is (3i, 3i + 1, 3i + 2).
    expect(await decoded(png(8, 3, [5, 0]))).toEqual([15, 16, 17, 0, 1, 2]);
    expect(await decoded(png(1, 0, [0b01000000]))).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it('turns an image upright', async () => {
    const turned = await toSharp(image).withMetadata({ orientation: 6 }).png().toBuffer();
    const upright = await decodeImage(turned, 'x');
    expect([upright.width, upright.height]).toEqual([40, 60]);
    // Orientation 6 is turned clockwise: the lower left pixel comes first.
    expect(upright.data.subarray(0, 3)).toEqual(image.data.subarray(39 * 60 * 3, 39 * 60 * 3 + 3));
  });

  it('does not apply a color profile', async () => {
    const bytes = await toSharp(image).withIccProfile('p3').png().toBuffer();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    const applied = await sharp(bytes).raw().toBuffer();
    expect(stored.equals(applied)).toBe(false);
    expect(stored.equals((await decodeImage(bytes, 'x')).data)).toBe(true);
  });

  it('refuses truncated files by name', async () => {
    const files = {
      'a.jpg': await toSharp(image).jpeg().toBuffer(),
      'a.png': await toSharp(image).png().toBuffer(),
      'a.webp': await toSharp(image).webp().toBuffer(),
      'a.tiff': await toSharp(image).tiff().toBuffer(),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await decodeImage(bytes, name);
      for (const share of [0.1, 0.5, 0.9]) {
        const part = bytes.subarray(0, Math.floor(bytes.length * share));
        await expect(decodeImage(part, name), `${name} ${share}`).rejects.toThrow(
          new RegExp(`^image ${name}: .*replace the file`),
        );
      }
    }
    await expect(decodeImage(files['a.jpg'].subarray(0, -2), 'b.jpg')).rejects.toThrow(/b\.jpg/);
  });

  it('refuses a PNG with a wrong byte and a JPEG that lacks bytes in the middle', async () => {
    const png = await toSharp(image).png().toBuffer();
    png[png.length >> 1]! ^= 1;
    await expect(decodeImage(png, 'a.png')).rejects.toThrow(/^image a\.png: /);
    // JPEG has no checksum: only data that ends too early shows.
    const jpeg = await toSharp(testImage(200, 300)).jpeg().toBuffer();
    const middle = jpeg.length >> 1;
    const gap = Buffer.concat([jpeg.subarray(0, middle), jpeg.subarray(middle + 2000)]);
    await expect(decodeImage(gap, 'a.jpg')).rejects.toThrow(/^image a\.jpg: /);
  });

  it('reads a JPEG whose scan header some cameras write wrong', async () => {
    const right = await toSharp(image).jpeg().toBuffer();
    const wrong = Buffer.from(right);
    const scan = wrong.indexOf(Buffer.from([0xff, 0xda]));
    // The end of the spectral selection, 63 in a sequential JPEG (ITU T.81, B.2.3).
    const position = scan + 2 + wrong.readUInt16BE(scan + 2) - 2;
    expect(wrong[position]).toBe(63);
    wrong[position] = 0;
    expect(await decodeImage(wrong, 'x')).toEqual(await decodeImage(right, 'x'));
    await expect(decodeImage(wrong.subarray(0, -50), 'x')).rejects.toThrow(/image x/);
  });

  it('refuses what is not an image, and a missing file', async () => {
    await expect(decodeImage(Buffer.from('hello'), 'note.txt')).rejects.toThrow(/image note\.txt/);
    await expect(decodeImage(new Uint8Array(), 'empty.png')).rejects.toThrow(/image empty\.png/);
    await expect(readImage('nowhere.jpg')).rejects.toThrow(/image nowhere\.jpg/);
  });

  it('reads a file anew after it changed', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'a.png');
    await writeFiles(folder, { 'a.png': await toSharp(image).png().toBuffer() });
    expect(await readImage(file)).toEqual(image);
    const other = testImage(20, 30);
    await writeFiles(folder, { 'a.png': await toSharp(other).png().toBuffer() });
    expect(await readImage(file)).toEqual(other);
  });
});

describe('label PNG', () => {
  const label = { width: 16, height: 16, data: Uint8Array.from({ length: 256 }, (_, i) => i) };

  it('writes what another decoder reads as the palette colors', async () => {
    const bytes = encodeLabelPng(label, vocPalette());
    const metadata = await sharp(bytes).metadata();
    expect(metadata).toMatchObject({
      format: 'png',
      isPalette: true,
      bitsPerSample: 8,
      width: 16,
      height: 16,
    });
    expect([...(await sharp(bytes).raw().toBuffer())]).toEqual(vocPalette().flat());
  });

  it('reads back what it wrote', () => {
    expect(decodeLabelPng(encodeLabelPng(label, vocPalette()), 'x')).toEqual(label);
  });

  it('keeps palette indices and gray values of 1, 2, 4 and 8 bits as they are stored', () => {
    for (const colorType of [0, 3]) {
      const decoded = (depth: number, width: number, rows: number[][]) => {
        return [...decodeLabelPng(makePng({ width, height: rows.length, depth, colorType, rows }), 'x').data];
      };
      expect(decoded(1, 9, [[0b10110001, 0b10000000]])).toEqual([1, 0, 1, 1, 0, 0, 0, 1, 1]);
      expect(decoded(2, 5, [[0b00011011, 0b10000000]])).toEqual([0, 1, 2, 3, 2]);
      expect(
        decoded(4, 3, [
          [0x1f, 0x20],
          [0x34, 0x50],
        ]),
      ).toEqual([1, 15, 2, 3, 4, 5]);
      expect(decoded(8, 3, [[0, 20, 255]])).toEqual([0, 20, 255]);
    }
  });

  it('reads an interlaced PNG of 8 bits', async () => {
    const { width, height, data } = label;
    const bytes = await sharp(data, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png({ progressive: true })
      .toBuffer();
    expect(bytes[28]).toBe(1);
    expect(decodeLabelPng(bytes, 'x')).toEqual(label);
  });

  it.each([1, 2, 4])('reads an interlaced PNG of %i bits as libpng does', async (bits) => {
    const colors = 2 ** bits;
    for (const [width, height] of [
      [3, 9],
      [8, 8],
      [37, 21],
    ] as const) {
      const gray = Uint8Array.from({ length: width * height }, (_, i) =>
        Math.round((255 * ((7 * i + (i % 5) * (i % 3)) % colors)) / (colors - 1)),
      );
      const bytes = await sharp(gray, { raw: { width, height, channels: 1 } })
        .png({ progressive: true, palette: true, colours: colors, dither: 0 })
        .toBuffer();
      expect([bytes[24], bytes[28]]).toEqual([bits, 1]);
      const expected = await sharp(bytes).extractChannel(0).raw().toBuffer();
      const { label: found, palette } = decodeWithPalette(bytes, 'x');
      expect(new Set(found.data).size).toBeGreaterThan(1);
      expect(Buffer.from(found.data.map((index) => palette![index]![0]!))).toEqual(expected);
    }
  });

  it('refuses other kinds of PNG, says which and names the file', () => {
    const refuse = (depth: number, colorType: number, row: number[]) => {
      const bytes = makePng({ width: 1, height: 1, depth, colorType, rows: [row] });
      return expect(() => decodeLabelPng(bytes, 'dir/a.png'));
    };
    refuse(8, 2, [1, 2, 3]).toThrow(/^label dir\/a\.png: got RGB pixels/);
    refuse(8, 6, [1, 2, 3, 4]).toThrow(/^label dir\/a\.png: got RGBA pixels/);
    refuse(8, 4, [1, 2]).toThrow(/^label dir\/a\.png: got gray with alpha/);
    refuse(16, 0, [1, 2]).toThrow(/^label dir\/a\.png: got 16-bit gray/);
  });

  it('refuses files that are damaged, truncated or no PNG', async () => {
    const bytes = encodeLabelPng(label, vocPalette());
    for (let length = 8; length < bytes.length; length += 40) {
      expect(() => decodeLabelPng(bytes.subarray(0, length), 'a.png'), `${length} bytes`).toThrow(
        /^label a\.png: damaged PNG/,
      );
    }
    const flipped = Uint8Array.from(bytes);
    flipped[bytes.length - 30]! ^= 1;
    expect(() => decodeLabelPng(flipped, 'a.png')).toThrow(/^label a\.png: damaged PNG/);
    const jpeg = await toSharp(image).jpeg().toBuffer();
    expect(() => decodeLabelPng(jpeg, 'a.png')).toThrow(/^label a\.png: not a PNG/);
    expect(() => decodeLabelPng(new Uint8Array(), 'a.png')).toThrow(/^label a\.png: not a PNG/);
  });
});
