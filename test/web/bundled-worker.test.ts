import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserTests, startBrowser } from './browser.ts';
import { servePage } from './built-page.ts';

const root = path.resolve(import.meta.dirname, '../..');
const example = path.join(root, 'examples/worker');
const webAssembly = 'ort-wasm-simd-threaded.wasm';
const { missing, name } = browserTests('fcn/web in a worker');

describe.skipIf(missing)(name, () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fcn-worker-'));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the page of the example says. @param last a part of its last line */
  async function textOf(site: string, last: RegExp): Promise<string> {
    const server = await servePage(site, false);
    const page = await browser.newPage();
    try {
      await page.goto(server.address);
      await page.locator('pre', { hasText: last }).waitFor({ timeout: 50_000 });
      return (await page.locator('pre').textContent())!;
    } finally {
      await page.close();
      await server.close();
    }
  }

  function expectTrained(text: string): void {
    const losses = [...text.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(2);
    expect(losses[1]).toBeLessThan(0.6);
    expect(text.trim().split('\n').at(-1)).toMatch(/^[01]{32}$/);
  }

  it("trains when it is bundled with Vite's defaults", async () => {
    const outDir = path.join(folder, 'vite');
    await build({ root: example, base: './', configFile: false, logLevel: 'error', build: { outDir } });
    expectTrained(await textOf(outDir, /[01]{32}|cannot|error/i));
  });

  it("trains when it is bundled with esbuild and ONNX Runtime's WebAssembly beside it, which is named where it is missing", async () => {
    const outdir = path.join(folder, 'esbuild');
    await esbuild.build({
      entryPoints: [path.join(example, 'worker.ts')],
      ...{ outdir, bundle: true, format: 'esm', logLevel: 'error' },
      tsconfigRaw: '{}', // not the example's, which takes fcn/web from src/
    });
    await writeFile(
      path.join(outdir, 'index.html'),
      `<!doctype html><pre></pre><script type="module">
        const worker = new Worker('./worker.js', { type: 'module' });
        worker.onmessage = ({ data }) => (document.querySelector('pre').textContent += data + '\\n');
        worker.postMessage('start');
      </script>`,
    );
    const found = await textOf(outdir, /[01]{32}|cannot/);
    expect(found).toContain(`got no file ${webAssembly} next to the script`);
    await copyFile(
      path.join(root, 'node_modules/onnxruntime-web/dist', webAssembly),
      path.join(outdir, webAssembly),
    );
    expectTrained(await textOf(outdir, /[01]{32}|cannot/));
  });
});
