import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/data/images/decode.ts';
import { browserTests, startBrowser } from './browser.ts';

/** See peer/fixture_odd_images.py. Browsers do not read TIFF. */
const folder = path.join(import.meta.dirname, '../fixtures/odd-images');
const files = (await readdir(folder)).filter((file) => /\.(jpg|png|gif|mpo)$/.test(file));

const { missing, name } = browserTests('the page');

describe.skipIf(missing)(name, () => {
  let browser: Browser;
  let code: string;
  beforeAll(async () => {
    const entry = path.join(import.meta.dirname, '../../web/src/decode-picture.ts');
    const built = (await build({
      configFile: false,
      logLevel: 'error',
      build: { write: false, lib: { entry, formats: ['iife'], name: 'decoder', fileName: 'decoder' } },
    })) as Rolldown.RolldownOutput[];
    code = built[0]!.output[0].code;
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser?.close());

  it('decodes images as fcn does: upright, on white, of every kind', async () => {
    expect(files.length).toBeGreaterThan(20);
    const page = await browser.newPage();
    await page.addScriptTag({ content: code });
    for (const file of files) {
      const bytes = await readFile(path.join(folder, file));
      const found = await page.evaluate(async (base64) => {
        const { decoder } = globalThis as unknown as {
          decoder: typeof import('../../web/src/decode-picture.ts');
        };
        const blob = await (await fetch(`data:application/octet-stream;base64,${base64}`)).blob();
        const bitmap = await decoder.decodePicture(blob, 'image');
        const { width, height } = bitmap;
        const context = new OffscreenCanvas(width, height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
      }, bytes.toString('base64'));
      const expected = await decodeImage(bytes, file);
      expect([found.width, found.height], file).toEqual([expected.width, expected.height]);
      const rgb = found.data.filter((_, i) => i % 4 < 3);
      const most = rgb.reduce((max, value, i) => Math.max(max, Math.abs(value - expected.data[i]!)), 0);
      // CMYK and half transparent pixels are rounded in other ways.
      expect(most, file).toBeLessThanOrEqual(/cmyk|rgba|alpha/.test(file) ? 1 : 0);
    }
  }, 120_000);
});
