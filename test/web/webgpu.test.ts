import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import { exported } from '../networks/export/exported.ts';
import { randomModel } from '../weights/models.ts';
import { browserTests } from './browser.ts';
import { openPageSite, type PageSite } from './page-site.ts';

const { missing, name } = browserTests('the page on a graphics processor');

/** A graphics processor that Chromium imitates in software: slow, but its shaders are those of any other. */
const softwareGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

describe.skipIf(missing)(name, () => {
  let site: PageSite;
  let image: string;

  beforeAll(async () => {
    site = await openPageSite(softwareGpu);
    const { image: shapes } = await (await openShapes('?size=64&val=1', 'val')).load(0);
    image = path.join(site.folder, 'shapes.png');
    await writeFile(image, await encodePng(shapes));
  }, 120_000);

  afterAll(() => site?.close());

  // Numbers of classes for which ONNX Runtime 1.30 computes the last layer wrongly in its default layout.
  it.each([6, 9, 21])(
    'finds the same of %i classes on WebGPU as on WebAssembly',
    async (numClasses) => {
      const classes = Array.from({ length: numClasses }, (_, label) => `class ${label}`);
      const file = path.join(site.folder, `${numClasses}.onnx`);
      await writeFile(file, exported(randomModel({ width: 1 / 64, numClasses, classes }), false));
      const page = await site.browser.newPage();
      page.setDefaultTimeout(150_000);
      try {
        await page.goto(site.plain.address);
        await page
          .getByTestId('status')
          .filter({ hasText: /^ready$/ })
          .waitFor();
        await page.getByTestId('model-input').setInputFiles(file);
        await page
          .locator('#model')
          .filter({ hasText: `${numClasses}.onnx` })
          .waitFor();
        await page.getByTestId('image-input').setInputFiles(image);
        await page.getByTestId('status').filter({ hasText: /^done/ }).waitFor();
        const onWasm = await classesOn(page, 'WebAssembly', numClasses);
        expect(new Set(onWasm).size).toBeGreaterThan(3);
        const onWebgpu = await classesOn(page, 'WebGPU', numClasses);
        expect(onWebgpu.filter((color, i) => color !== onWasm[i])).toHaveLength(0);
      } finally {
        await page.close();
      }
    },
    180_000,
  );
});

/** What the page paints on its image, computed by a backend: the color of each pixel's class, row by row. */
async function classesOn(
  page: Page,
  backend: 'WebAssembly' | 'WebGPU',
  numClasses: number,
): Promise<string[]> {
  await page.getByLabel('Computed by').selectOption(backend);
  await page
    .getByTestId('status')
    .filter({ hasText: /^ready, done|^error/ })
    .waitFor();
  expect(await page.getByTestId('status').innerText()).toMatch(/^ready, done/);
  expect(await page.locator('#model').innerText()).toContain(`${numClasses} classes, on ${backend}`);
  return page.getByTestId('overlay').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: data.length / 4 }, (_, i) => data.slice(i * 4, i * 4 + 4).join());
  });
}
