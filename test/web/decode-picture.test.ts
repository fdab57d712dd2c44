import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/data/images/decode.ts';
import { makePng, type PngParts, testImage, toSharp } from '../data/helpers.ts';
import { browserTests, startBrowser } from './browser.ts';

/** See peer/fixture_odd_images.py. Browsers do not read TIFF. */
const folder = path.join(import.meta.dirname, '../fixtures/odd-images');
const files = (await readdir(folder)).filter((file) => /\.(jpg|png|gif|mpo|bmp)$/.test(file));

const { missing, name } = browserTests('the page');

describe.skipIf(missing)(name, () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    const entry = path.join(import.meta.dirname, '../../web/src/decode-picture.ts');
    const built = (await build({
      configFile: false,
      logLevel: 'error',
      build: { write: false, lib: { entry, formats: ['iife'], name: 'decoder', fileName: 'decoder' } },
    })) as Rolldown.RolldownOutput[];
    browser = await startBrowser();
    page = await browser.newPage();
    await page.addScriptTag({ content: built[0]!.output[0].code });
  }, 120_000);
  afterAll(() => browser?.close());

  /** The pixels that the page makes of a file, [height, width, 4], or what it says. */
  const inPage = (bytes: Uint8Array) =>
    page.evaluate(async (base64) => {
      const { decoder } = globalThis as unknown as {
        decoder: typeof import('../../web/src/decode-picture.ts');
      };
      const blob = await (await fetch(`data:application/octet-stream;base64,${base64}`)).blob();
      try {
        const bitmap = await decoder.decodePicture(blob, 'a.jpg');
        const { width, height } = bitmap;
        const context = new OffscreenCanvas(width, height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
      } catch (thrown) {
        return (thrown as Error).message;
      }
    }, Buffer.from(bytes).toString('base64'));

  /** The greatest difference of a channel of a pixel between the page and fcn itself. */
  async function difference(bytes: Uint8Array, file: string): Promise<number> {
    const [found, expected] = [await inPage(bytes), await decodeImage(bytes, file)];
    if (typeof found === 'string') throw new Error(`${file}: ${found}`);
    expect([found.width, found.height], file).toEqual([expected.width, expected.height]);
    const rgb = found.data.filter((_, i) => i % 4 < 3);
    return rgb.reduce((max, value, i) => Math.max(max, Math.abs(value - expected.data[i]!)), 0);
  }

  it('decodes images as fcn does: upright, on white, of every kind', async () => {
    expect(files.length).toBeGreaterThan(25);
    for (const file of files) {
      // CMYK, half transparent pixels and values of 5 bits are rounded in other ways.
      const allowed = /cmyk|rgba|alpha|-bits/.test(file) ? 1 : 0;
      expect(await difference(await readFile(path.join(folder, file)), file), file).toBeLessThanOrEqual(
        allowed,
      );
    }
  }, 120_000);

  it('decodes PNGs of 16 bits by the bits that their values have, and those of few bits, also interlaced', async () => {
    const deep = (values: number[], colorType = 0) => ({
      ...{ width: 4, height: 1, depth: 16, colorType },
      rows: [values.flatMap((value) => [value >> 8, value & 255])],
    });
    const pass = (...rows: number[][]) => ({ width: 2, height: 2, interlaced: true, rows });
    const kinds: Record<string, PngParts> = {
      'gray of 8 bits': deep([0, 17, 100, 255]),
      'gray of 12 bits': deep([0, 1600, 2000, 4095]),
      'gray of 16 bits': deep([0, 4096, 40000, 65535]),
      'colors of 10 bits': { ...deep([0, 4, 40, 100, 400, 900, 1000, 1023, 3, 600, 500, 1], 2) },
      'colors and alpha': {
        ...deep(
          Array.from({ length: 16 }, (_, i) => i * 4369),
          6,
        ),
      },
      'one bit, interlaced': { ...pass([0x80], [0x80], [0x40]), depth: 1, colorType: 0 },
      'palette of two bits, interlaced': { ...pass([0x40], [0xc0], [0xb0]), depth: 2, colorType: 3 },
    };
    for (const [kind, parts] of Object.entries(kinds)) {
      expect(await difference(makePng(parts), kind), kind).toBeLessThanOrEqual(/alpha/.test(kind) ? 1 : 0);
    }
  });

  it('goes by the content of a file, not by its name', async () => {
    const image = toSharp(testImage(5, 7));
    for (const bytes of [
      await image.clone().png().toBuffer(),
      await image.clone().webp({ lossless: true }).toBuffer(),
    ])
      expect(await difference(bytes, 'x')).toBe(0);
  });

  it('says which images are not whole, and which browsers do not read', async () => {
    const image = toSharp(testImage(90, 120));
    const whole = {
      'a JPEG': await image.clone().jpeg().toBuffer(),
      'a PNG': await image.clone().png().toBuffer(),
      'a WebP': await image.clone().webp().toBuffer(),
      'a GIF': await image.clone().gif().toBuffer(),
      'an AVIF': await image.clone().avif({ effort: 0 }).toBuffer(),
    };
    for (const [kind, bytes] of Object.entries(whole)) {
      const orNew = kind === 'an AVIF' ? ', or of a kind that this browser cannot read' : '';
      for (const part of [0.1, 0.6]) {
        expect(await inPage(bytes.subarray(0, Math.floor(part * bytes.length))), kind).toBe(
          `image a.jpg: got ${kind} image that is damaged or incomplete${orNew}, expected a whole one; copy or download it again`,
        );
      }
    }
    expect(await inPage(await image.clone().tiff().toBuffer())).toBe(
      'image a.jpg: got a TIFF image, which browsers cannot read, expected an image of the web; save it as PNG',
    );
  });

  it('reads an AVIF whose main brand is that of any HEIF image', async () => {
    const bytes = await toSharp(testImage(16, 16)).avif({ lossless: true, effort: 0 }).toBuffer();
    bytes.write('mif1', 8, 'latin1');
    expect(await inPage(bytes)).toMatchObject({ width: 16, height: 16 });
    expect(await decodeImage(bytes, 'a.avif')).toMatchObject({ width: 16, height: 16 });
  });

  it('says what is no image, and what is too large before it is decoded', async () => {
    const heic = Buffer.from(`\0\0\0\x18ftypheic\0\0\0\0mif1heic${'\0'.repeat(99)}`, 'latin1');
    expect(await inPage(heic)).toBe('image a.jpg: got no image: it is a HEIC image; save it as JPEG or PNG');
    expect(await inPage(Buffer.alloc(0))).toMatch(/^image a\.jpg: got no image: it is empty/);
    expect(await inPage(Buffer.from('<!doctype html><title>404</title>'))).toMatch(
      /got no image: it is a web page/,
    );
    expect(await inPage(Buffer.from('\ufeffred', 'utf16le'))).toMatch(
      /this browser cannot read it .*; choose another file/,
    );
    const jpeg = await readFile(path.join(folder, 'orientation-1.jpg'));
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    const huge = Buffer.from(jpeg);
    huge.fill(0xea, frame + 5, frame + 9);
    const png = makePng({ width: 60000, height: 60000, depth: 1, colorType: 0, rows: [] });
    for (const [bytes, size] of [
      [png, '60000x60000'],
      [huge, '60138x60138'],
    ] as const) {
      expect(await inPage(bytes)).toBe(
        `image a.jpg: got ${size} pixels, expected at most 100 million; make it smaller`,
      );
    }
    expect(await inPage(jpeg.subarray(0, jpeg.length - 200))).not.toHaveProperty('never');
  });
});
