import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { servePage } from '../../src/viewing/page/serve-page.ts';
import { browserTests, startBrowser } from './browser.ts';
import { buildPage } from './built-page.ts';

const { missing, name } = browserTests('the page as fcn web serves it');

describe.skipIf(missing)(name, () => {
  it('segments a sample on several threads, with WebAssembly that lies compressed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'fcn-served-'));
    await buildPage(folder);
    const assets = path.join(folder, 'assets');
    for (const file of (await readdir(assets)).filter((file) => file.endsWith('.wasm'))) {
      await writeFile(
        path.join(assets, `${file}.gz`),
        gzipSync(await readFile(path.join(assets, file)), { level: 1 }),
      );
      await rm(path.join(assets, file));
    }
    const server = await servePage(0, folder);
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(50_000);
      const faults: string[] = [];
      page.on('pageerror', ({ message }) => faults.push(message));
      page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
      await page.goto(server.url);
      await page
        .getByTestId('status')
        .filter({ hasText: /^ready/ })
        .waitFor();
      expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
      await page.getByTestId('image-input').setInputFiles(path.resolve('web/public/samples/cat.jpg'));
      await page
        .getByTestId('status')
        .filter({ hasText: /^done \d+ ms/ })
        .waitFor();
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
