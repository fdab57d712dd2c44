import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import { networkChoices } from '../../web/src/train/networks.ts';
import { exported } from '../networks/export/exported.ts';
import { randomModel } from '../weights/models.ts';
import { browserTests } from './browser.ts';
import { lossesInNode } from './losses-in-node.ts';
import { openPageSite, type PageSite } from './page-site.ts';

const { missing, name } = browserTests('the page on a graphics processor');

/** A graphics processor that Chromium imitates in software: slow, but its shaders are those of any other. */
const softwareGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

/** Numbers of classes for which ONNX Runtime 1.30 computes the last layer wrongly in its default layout. */
const numbersOfClasses = [6, 9, 21];

describe.skipIf(missing)(name, () => {
  let site: PageSite;
  let page: Page;
  /** What WebAssembly finds, by the number of classes. */
  const onWasm = new Map<number, string[]>();

  beforeAll(async () => {
    site = await openPageSite(softwareGpu);
    page = await site.browser.newPage();
    page.setDefaultTimeout(150_000);
    await page.goto(site.plain.address);
    await shows(/^ready$/);
    const { image } = await (await openShapes('?size=64&val=1', 'val')).load(0);
    const file = path.join(site.folder, 'shapes.png');
    await writeFile(file, await encodePng(image));
    await page.getByTestId('image-input').setInputFiles(file);
    await shows(/^done/);
    await compute('WebAssembly');
    for (const numClasses of numbersOfClasses)
      onWasm.set(numClasses, await colorsOf(numClasses, 'WebAssembly'));
    // From here on there is always a session on it: shaders that these networks have in common are compiled once.
    await compute('WebGPU');
  }, 240_000);

  afterAll(() => site?.close());

  const shows = (text: RegExp) => page.getByTestId('status').filter({ hasText: text }).waitFor();

  /** Lets a backend compute, and waits until it has segmented the image. */
  async function compute(backend: 'WebAssembly' | 'WebGPU'): Promise<void> {
    await page.getByLabel('Computed by').selectOption(backend);
    await shows(/^ready, done|^error/);
    expect(await page.getByTestId('status').innerText()).toMatch(/^ready, done/);
    expect(await page.locator('#model').innerText()).toContain(`on ${backend}`);
  }

  /** What the page paints on its image with a network of so many classes: the color of each pixel's class, row by row. */
  async function colorsOf(numClasses: number, backend: string): Promise<string[]> {
    const classes = Array.from({ length: numClasses }, (_, label) => `class ${label}`);
    const file = path.join(site.folder, `${numClasses}.onnx`);
    await writeFile(file, exported(randomModel({ width: 1 / 64, numClasses, classes }), false));
    await page.getByTestId('model-input').setInputFiles(file);
    await page
      .locator('#model')
      .filter({ hasText: `${numClasses} classes, on ${backend}` })
      .waitFor();
    await shows(/^ready, done/);
    return page.getByTestId('overlay').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: data.length / 4 }, (_, i) => data.slice(i * 4, i * 4 + 4).join());
    });
  }

  it.each(numbersOfClasses)(
    'finds the same of %i classes on WebGPU as on WebAssembly',
    async (numClasses) => {
      const expected = onWasm.get(numClasses)!;
      expect(new Set(expected).size).toBeGreaterThan(3);
      const colors = await colorsOf(numClasses, 'WebGPU');
      expect(colors.filter((color, i) => color !== expected[i])).toHaveLength(0);
    },
    180_000,
  );

  it('trains to the losses of Node, with weights that stay on it', async () => {
    const squeezenet = networkChoices.findIndex(({ model }) => model === 'fcn8s-squeezenet');
    const training = await site.browser.newPage();
    training.setDefaultTimeout(150_000);
    await training.goto(`${site.plain.address}?device=webgpu#train`);
    await training
      .getByTestId('train-status')
      .filter({ hasText: /^ready/ })
      .waitFor();
    expect(await training.locator('#train').textContent()).toContain('WebGPU, batches of 4 images');
    await training.locator('#train summary').click();
    await training.getByTestId('train-network').selectOption({ index: squeezenet });
    await training.getByTestId('train-start').click();
    const losses: number[] = [];
    for (const step of [1, 2]) {
      const loss = await training.waitForFunction((wanted) => {
        const shown = (name: string) =>
          Number(document.querySelector<HTMLDataElement>(`[data-testid=train-${name}]`)!.value);
        return shown('step') === wanted ? shown('loss') : undefined;
      }, step);
      losses.push((await loss.jsonValue())!);
    }
    await training.getByTestId('train-stop').click();
    await training
      .getByTestId('train-status')
      .filter({ hasText: /^stopped/ })
      .waitFor();
    const inNode = await lossesInNode(2, squeezenet);
    for (const [step, loss] of inNode.entries()) expect(losses[step]! / loss).toBeCloseTo(1, 3);
    expect(losses[1]).not.toBe(losses[0]);
    await training.close();
  }, 240_000);
});
