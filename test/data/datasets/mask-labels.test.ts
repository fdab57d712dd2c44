import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { classNumbers, type LabelMeaning, meaningOf } from '../../../src/data/datasets/label-meaning.ts';
import { decodeMask } from '../../../src/data/datasets/mask-labels.ts';
import { decodeBmpColors } from '../../../src/data/images/bmp.ts';
import { vocPalette } from '../../../src/data/images/palette.ts';
import { remarks } from '../../../src/data/images/remarks.ts';

/** Made by peer/fixture_masks.py, with Pillow. */
const fixture = fileURLToPath(new URL('../../fixtures/masks', import.meta.url));
const file = (name: string) => readFile(path.join(fixture, name));
const read = async (name: string, meaning: LabelMeaning) => decodeMask(await file(name), name, meaning);
/** As the script has it. */
const ofPixels = <T>(value: (x: number, y: number) => T) =>
  Array.from({ length: 5 * 13 }, (_, i) => value(i % 13, Math.floor(i / 13)));
const expected = ofPixels((x, y) => ((x * 5 + y * 3 + x * y) % 4 === 0 ? 1 : 0));

const binary = meaningOf([{ label: 0 }, { label: 1, value: 255 }]);
const colored = meaningOf([
  { label: 0, color: [0, 0, 0] },
  { label: 1, color: [200, 0, 10] },
]);

describe('a mask file', () => {
  it('with several pages is refused, but not one with smaller copies', async () => {
    const page = (side: number, value: number) => Uint8Array.from({ length: side * side }, () => value);
    const twoPages = await sharp(Uint8Array.of(...page(4, 0), ...page(4, 1)), {
      raw: { width: 4, height: 8, channels: 1, pageHeight: 4 },
    })
      .toColourspace('b-w')
      .tiff({ compression: 'none' })
      .toBuffer();
    expect((await sharp(twoPages).metadata()).pages).toBe(2);
    await expect(decodeMask(twoPages, 'a.tif', classNumbers(2))).rejects.toThrow(
      /label a\.tif: got 2 pages or frames, expected a single one that tells all classes apart; save it as a PNG/,
    );
    const pyramid = await sharp(Buffer.alloc(600 * 600, 1), { raw: { width: 600, height: 600, channels: 1 } })
      .toColourspace('b-w')
      .tiff({ compression: 'none', pyramid: true, tile: true })
      .toBuffer();
    expect((await sharp(pyramid).metadata()).pages).toBeGreaterThan(1);
    expect((await decodeMask(pyramid, 'a.tif', classNumbers(2))).data[0]).toBe(1);
  });

  it.each(['binary.png', 'binary.tif', 'binary.bmp', 'binary.gif', 'binary.webp', 'bits.tif', 'opaque.png'])(
    '%s holds the values that Pillow has written',
    async (name) => {
      const { width, height, data } = await read(name, binary);
      expect([width, height]).toEqual([13, 5]);
      expect([...data]).toEqual(expected);
    },
  );

  it.each(['palette.png', 'palette.tif', 'palette.bmp', 'palette.gif'])(
    '%s is told by its colors',
    async (name) => {
      expect([...(await read(name, colored)).data]).toEqual(expected);
    },
  );

  it('has palette indices where colors say nothing', async () => {
    for (const name of ['palette.png', 'palette.bmp', 'bits.bmp']) {
      expect([...(await read(name, classNumbers(2))).data], name).toEqual(expected);
    }
  });

  it.each(['lossy.jpg', 'lossy.webp'])('%s gives the nearest class', async (name) => {
    const { width, data } = await read(name, binary);
    const wrong = data.filter((label, i) => {
      const [x, y] = [(i % width) >> 3, Math.floor(i / width) >> 3];
      return label !== expected[y * 13 + x];
    });
    expect(wrong.length).toBeLessThan(data.length / 50); // at the edges
    await expect(read(name, classNumbers(2))).rejects.toThrow(
      /not a PNG file but a lossy one .*as close as 0 and 1 apart; .*'road 255'/,
    );
    await expect(
      read(
        name,
        meaningOf([
          { label: 0, value: 60 },
          { label: 1, value: 190 },
        ]),
      ),
    ).rejects.toThrow(/% of the pixels far from every class/);
  });

  it('may have 16 bits where its values are classes', async () => {
    expect([...(await read('sixteen.png', classNumbers(2))).data]).toEqual(expected);
  });

  it('says that its format loses values where its name does not', async () => {
    const told: string[] = [];
    for (const [name, as] of [['lossy.webp', 'a.webp'], ['lossy.jpg', 'renamed.png'], ['lossy.jpg', 'a.jpg'], ['binary.webp', 'b.webp']]) {
      await decodeMask(await file(name!), as!, binary, (remark) => told.push(remark));
    } // biome-ignore format: short
    expect(told).toEqual([remarks.lossyMask, remarks.lossyMask]); // of a.jpg, the data set warns
  });

  it('is refused where its values are not clear', async () => {
    await expect(read('transparent.png', binary)).rejects.toThrow(/transparent gray pixels/);
    await expect(decodeMask(new Uint8Array(70), 'zeros.png', binary)).rejects.toThrow(
      /zeros\.png: not a PNG file/,
    );
    const cut = (await file('binary.bmp')).subarray(0, 1100);
    await expect(decodeMask(cut, 'cut.bmp', binary)).rejects.toThrow(/cut\.bmp: .*it is truncated/);
  });

  it('names the values it has where one of them is no class', async () => {
    const gray = (...data: number[]) =>
      encode({ width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.from(data) });
    await expect(decodeMask(gray(0, 128, 128, 255), 'm', classNumbers(2))).rejects.toThrow(
      /got value 128 at x 1, y 0, expected a class 0\.\.1 or 255; it has the values 0, 128, 255: .*\('road 128'\)/,
    );
    await expect(decodeMask(gray(1, 2, 3, 1), 'm', classNumbers(3))).rejects.toThrow(
      /got value 3 at x 0, y 1, .*if the classes start at 1 here, write 'void 0' as the first line/,
    );
    await expect(decodeMask(gray(0, 1, 255, 255), 'm', binary)).rejects.toThrow(
      /got value 1 at x 1, y 0, expected a value of classes\.txt \(0, 255\)/,
    );
  });
});

describe('a BMP picture', () => {
  it.each(['rgb.bmp', 'rgba.bmp', 'top-down.bmp'])(
    '%s has the colors that Pillow has written',
    async (name) => {
      const colors = ofPixels((x, y) => [(x * 19) % 256, (y * 47) % 256, (x * y * 7) % 256]);
      expect(decodeBmpColors(await file(name))).toEqual({
        width: 13,
        height: 5,
        data: Uint8Array.from(colors.flat()),
      });
    },
  );

  it('is no BMP when it is of no size, or of too many bytes', async () => {
    const bytes = await file('rgb.bmp');
    const changed = (at: number, value: number) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(value, at);
      return () => decodeBmpColors(copy);
    };
    expect(changed(18, 0)).toThrow(/its size is 0x5/);
    expect(changed(22, 2 ** 31 - 1)).toThrow(/truncated/);
    expect(changed(30, 1)).toThrow(/compression 1 is not supported/);
  });
});

describe("a palette with VOC's colors at other indices", () => {
  const voc = vocPalette();
  const mask = (data: number[], classesOfIndices: number[]) =>
    encode({
      width: data.length,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.from(data),
      palette: classesOfIndices.map((label) => [...voc[label]!]),
    });
  const ofVoc = { ...classNumbers(21), isVoc: true };

  it("is told by color for VOC's classes", async () => {
    const { data } = await decodeMask(mask([0, 1, 2, 3], [0, 15, 255, 12]), 'm', ofVoc);
    expect([...data]).toEqual([0, 15, 255, 12]);
  });

  it('stops where it may mean either, and goes on when values or colors are given', async () => {
    const moved = mask([0, 1, 2], [0, 2, 1]);
    await expect(decodeMask(moved, 'm', classNumbers(3))).rejects.toThrow(
      /got palette index 1 with VOC's color of class 2 \(0 128 0\).*\('road 0 128 0'\).*\('road 1'\)/,
    );
    const byValue = meaningOf([0, 1, 2].map((label) => ({ label, value: label })));
    expect([...(await decodeMask(moved, 'm', byValue)).data]).toEqual([0, 1, 2]);
    const byColor = meaningOf([0, 1, 2].map((label) => ({ label, color: voc[label]! })));
    expect([...(await decodeMask(moved, 'm', byColor)).data]).toEqual([0, 2, 1]);
  });

  it('is none where indices are as in VOC, the palette is gray, or it is of another design', async () => {
    const asIs = mask([0, 1, 2], [0, 1, 2]);
    expect([...(await decodeMask(asIs, 'm', ofVoc)).data]).toEqual([0, 1, 2]);
    const gray = Array.from({ length: 256 }, (_, i) => [i, i, i]);
    const ramp = encode({
      width: 2,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(0, 19),
      palette: gray,
    });
    expect([...(await decodeMask(ramp, 'm', ofVoc)).data]).toEqual([0, 19]);
    const camvid = [
      [128, 128, 128],
      [128, 0, 0],
      [192, 192, 128],
    ];
    const other = encode({
      width: 2,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(0, 1),
      palette: camvid,
    });
    expect([...(await decodeMask(other, 'm', classNumbers(11))).data]).toEqual([0, 1]);
  });
});
