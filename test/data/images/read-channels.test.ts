import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { sharp } from '../../../src/base/sharp.ts';
import { decodeImage } from '../../../src/data/images/decode.ts';
import { readChannels, startsWithColors } from '../../../src/data/images/read-channels.ts';
import { temporaryFolder } from '../helpers.ts';
import { type TiffKind, tiffFile } from '../tiff-writer.ts';

const [height, width] = [5, 7];

function pixelsOf(channels: number, bits: 8 | 16) {
  const stream = random(1, 'channels', channels, bits);
  const values = Array.from({ length: height * width * channels }, () => stream.integer(2 ** bits));
  return bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
}

async function inFile(bytes: Uint8Array): Promise<string> {
  const file = path.join(await temporaryFolder(), 'image');
  await writeFile(file, bytes);
  return file;
}

const gray = (extra: number): TiffKind => ({ photometric: 1, extraSamples: Array(extra).fill(0) });
const rgb = (extra: readonly number[]): TiffKind => ({ photometric: 2, extraSamples: extra });

describe('readChannels', () => {
  it.each([
    ['gray', 1, gray(0)],
    ['two channels', 2, gray(1)],
    ['three that are no colors', 3, gray(2)],
    ['four that are no colors', 4, gray(3)],
    ['thirteen', 13, gray(12)],
    ['RGB', 3, rgb([])],
    ['RGB and infrared', 4, rgb([0])],
    ['RGB and two more', 5, rgb([0, 0])],
    ['RGB with alpha', 4, rgb([2])],
  ] as const)('gives the stored values of a TIFF file: %s', async (_, channels, kind) => {
    for (const bits of [8, 16] as const) {
      const pixels = pixelsOf(channels, bits);
      const file = await inFile(tiffFile(pixels, [height, width, channels], kind));
      const { image, pose } = await readChannels(file, channels);
      expect(image).toEqual({ width, height, data: pixels });
      expect(pose.orientation).toBe(1);
      expect(await startsWithColors(file)).toBe(kind.photometric === 2);
    }
  });

  it.each([1, 2, 3, 4] as const)('gives the stored values of a PNG file of %i channels', async (channels) => {
    const pixels = pixelsOf(channels, 8);
    const written = sharp(pixels, { raw: { width, height, channels } });
    if (channels < 3) written.toColourspace('b-w');
    const file = await inFile(await written.png().toBuffer());
    expect((await readChannels(file, channels)).image).toEqual({ width, height, data: pixels });
  });

  it('gives those of a 16-bit gray PNG, which holds depths', async () => {
    const pixels = pixelsOf(1, 16) as Uint16Array;
    const written = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('grey16');
    const file = await inFile(await written.png().toBuffer());
    expect((await readChannels(file, 1)).image).toEqual({ width, height, data: pixels });
  });

  it('turns them upright', async () => {
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => i);
    const written = sharp(pixels, { raw: { width: 3, height: 2, channels: 3 } });
    const file = await inFile(await written.withMetadata({ orientation: 6 }).png().toBuffer());
    const { image, pose } = await readChannels(file, 3);
    const turned = [3, 0, 4, 1, 5, 2].flatMap((pixel) => [3 * pixel, 3 * pixel + 1, 3 * pixel + 2]);
    expect(image).toEqual({ width: 2, height: 3, data: Uint8Array.from(turned) });
    expect(pose).toEqual({ orientation: 6, width: 2, height: 3 });
  });

  it('refuses another number of channels, and what is no image or damaged, each in a line', async () => {
    const four = await inFile(tiffFile(pixelsOf(4, 16), [height, width, 4], rgb([0])));
    await expect(readChannels(four, 5)).rejects.toThrow(/^image \S+: got 4 channels, expected 5; .*$/);
    const cut = tiffFile(pixelsOf(4, 16), [height, width, 4], rgb([0])).subarray(0, 100);
    await expect(readChannels(await inFile(cut), 4)).rejects.toThrow(
      /^image \S+: cannot be decoded .*4 channels/,
    );
    await expect(readChannels(await inFile(Buffer.from('text')), 4)).rejects.toThrow(/^image \S+: .*$/);
    await expect(readChannels('nowhere.tif', 4)).rejects.toThrow(/nowhere\.tif/);
  });

  it('is what an image of six channels needs, as its refusal as RGB says', async () => {
    const six = tiffFile(pixelsOf(6, 8), [height, width, 6], gray(5));
    await expect(decodeImage(six, 'six.tif')).rejects.toThrow(/got 6 channels .*--channels 6/);
  });
});
