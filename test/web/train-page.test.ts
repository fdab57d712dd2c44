import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShapes } from '../../src/data/datasets/shapes.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import { createSegmenter } from '../../src/inference/predict/segmenter.ts';
import type { ModelConfig } from '../../src/networks/model-config.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { expectSuccess } from '../cli/fcn.ts';
import { fcnInside } from '../cli/inside.ts';
import { browserTests, onViolation, takeScreenshot } from './browser.ts';
import type { PageServer } from './built-page.ts';
import { lossesInNode } from './losses-in-node.ts';
import { openPageSite, type PageSite } from './page-site.ts';

const { missing, name } = browserTests('the page that trains');

describe.skipIf(missing)(name, () => {
  let site: PageSite;
  let folder: string;
  let isolated: PageServer;
  let plain: PageServer;
  let browser: Browser;
  /** Of the page's own images and default network. */
  let inNode: number[];
  /** Weights that the page has trained. */
  let trained: string;

  beforeAll(async () => {
    inNode = await lossesInNode(6);
    site = await openPageSite();
    ({ folder, isolated, plain, browser } = site);
  }, 180_000);

  afterAll(() => site?.close());

  /** Opens the section, waits until it is ready, uses it, and holds that nothing went wrong in the console. */
  async function withPage({ address }: PageServer, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const faults: string[] = [];
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(90_000);
      page.on('pageerror', ({ message }) => faults.push(message));
      onViolation(page, (line) => faults.push(line));
      await page.goto(`${address}#train`);
      await says(page, /^ready/);
      await use(page);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const says = (page: Page, text: RegExp) =>
    page.getByTestId('train-status').filter({ hasText: text }).waitFor();
  const click = (page: Page, button: string) => page.getByTestId(`train-${button}`).click();
  const numberOf = async (page: Page, number: string) =>
    Number(await page.getByTestId(`train-${number}`).getAttribute('value'));

  /** Notes every loss that the page shows from now on. */
  async function noteLosses(page: Page): Promise<() => Promise<number[]>> {
    await page.evaluate(() => {
      const loss = document.querySelector<HTMLDataElement>('[data-testid=train-loss]')!;
      const losses: number[] = Object.assign(window, { losses: [] }).losses;
      new MutationObserver(() => losses.push(Number(loss.value))).observe(loss, {
        attributes: true,
        attributeFilter: ['value'],
      });
    });
    return () => page.evaluate(() => (window as unknown as { losses: number[] }).losses);
  }

  async function trainUntil(page: Page, step: number): Promise<void> {
    await click(page, 'start');
    await page.waitForFunction(
      (last) => Number(document.querySelector<HTMLDataElement>('[data-testid=train-step]')!.value) >= last,
      step,
    );
    await click(page, 'stop');
    await says(page, /^stopped/);
  }

  async function downloadWeights(page: Page, file: string): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), click(page, 'download')]);
    expect(download.suggestedFilename()).toBe('fcn.safetensors');
    const target = path.join(folder, file);
    await download.saveAs(target);
    return target;
  }

  /** Drops a file on the page. */
  async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
    const dataTransfer = await page.evaluateHandle(
      ({ name, text }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
        return transfer;
      },
      { name, text: bytes.toString('base64') },
    );
    await page.locator('#train').dispatchEvent('drop', { dataTransfer });
  }

  /** The colors of a canvas, `r,g,b` row by row. */
  const colorsOf = (page: Page, canvas: string) =>
    page.getByTestId(`train-${canvas}`).evaluate((element) => {
      const { width, height } = element as HTMLCanvasElement;
      const { data } = (element as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, i) => data.slice(i * 4, i * 4 + 3).join());
    });

  function expectLosses(actual: readonly number[], expected: readonly number[]): void {
    for (const [step, loss] of expected.entries()) {
      const difference = Math.abs(actual[step]! - loss);
      expect(difference, `step ${step + 1}: ${actual[step]} and ${loss}`).toBeLessThan(1e-4);
    }
  }

  it('takes the steps that Node takes, on one thread, offline, and stops, continues and downloads', async () => {
    await withPage(plain, async (page) => {
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await page.context().setOffline(true);
      const losses = await noteLosses(page);
      await trainUntil(page, 12);
      const stoppedAt = await numberOf(page, 'step');
      expectLosses(await losses(), inNode);
      await page.waitForTimeout(500);
      expect(await numberOf(page, 'step')).toBe(stoppedAt);

      await trainUntil(page, 32);
      const all = await losses();
      expect(all.length).toBe(await numberOf(page, 'step'));
      const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
      expect(mean(all.slice(stoppedAt, stoppedAt + 8))).toBeLessThan(0.8 * mean(all.slice(0, 8)));
      expect(mean(all.slice(-8))).toBeLessThan(0.6 * mean(all.slice(0, 8)));
      expect(await page.getByTestId('train-loss').innerText()).toBe(all.at(-1)!.toFixed(4));

      await page.getByTestId('train-opacity').fill('100');
      const shown = await colorsOf(page, 'prediction');
      trained = await downloadWeights(page, 'trained.safetensors');
      await checkFile(trained, shown);
      await takeScreenshot(page, 'train-one-thread');
    });
  }, 180_000);

  it('takes the steps that Node takes, on all threads, offline', async () => {
    await withPage(isolated, async (page) => {
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.context().setOffline(true);
      const losses = await noteLosses(page);
      await trainUntil(page, inNode.length);
      expectLosses(await losses(), inNode);
      await takeScreenshot(page, 'train-threads');
    });
  }, 180_000);

  /** The file is one that the command line loads, and gives the picture that the page shows. */
  async function checkFile(file: string, shown: readonly string[]): Promise<void> {
    const inspected = await fcnInside('inspect', file);
    expectSuccess(inspected);
    expect(inspected.stdout).toContain('fcn8s-mobilenetv2, width 0.25, 4 classes');
    expect(inspected.stdout).toContain('background, striped disc, dotted square, checkered triangle');
    const { image } = await (await openShapes('?train=16&size=96&classes=4&seed=1', 'train')).load(0);
    const picture = path.join(folder, 'image.png');
    await writeFile(picture, await encodePng(image));
    expectSuccess(await fcnInside('predict', '--weights', file, '--out', path.join(folder, 'out'), picture));

    const segmenter = await createSegmenter(await loadModel(file), { threads: 1 });
    const { data } = await segmenter.segment(image);
    await segmenter.release();
    const colors = ['107,114,128', '230,159,0', '86,180,233', '0,158,115'];
    const same = shown.filter((color, i) => color === colors[data[i]!]).length;
    expect(same / data.length).toBeGreaterThan(0.999);
    expect(new Set(shown).size).toBeGreaterThan(1); // it has found something
  }

  it('learns from strokes on an image of the user, in classes of the user', async () => {
    const { image: square } = await (await openShapes('?size=128&val=1', 'val')).load(0);
    const image = { width: 128, height: 100, data: square.data.slice(0, 128 * 100 * 3) };
    const file = path.join(folder, 'own image.png');
    await writeFile(file, await encodePng(image));
    await withPage(isolated, async (page) => {
      await page.getByTestId('train-images').setInputFiles(file);
      await says(page, /^paint a few strokes/);
      await click(page, 'start');
      await says(page, /^training: got no labeled pixel/);

      await page.getByTestId('train-opacity').fill('100');
      const untouched = await colorsOf(page, 'canvas');
      const canvas = page.getByTestId('train-canvas');
      const draw = async (from: [number, number], to: [number, number]) => {
        const box = (await canvas.boundingBox())!;
        const at = ([x, y]: [number, number]) =>
          [box.x + (x / 128) * box.width, box.y + (y / 100) * box.height] as const;
        await page.mouse.move(...at(from));
        await page.mouse.down();
        await page.mouse.move(...at(to), { steps: 5 });
        await page.mouse.up();
      };
      const object = '230,159,0';
      const at = (colors: string[], x: number, y: number) => colors[y * 128 + x];

      await draw([20.5, 30.5], [60.5, 30.5]);
      const painted = await colorsOf(page, 'canvas');
      for (const [x, y] of [
        [20, 30],
        [40, 30],
        [60, 30],
        [40, 28],
        [40, 32],
      ] as const)
        expect(at(painted, x, y), `${x}, ${y}`).toBe(object);
      for (const [x, y] of [
        [40, 26],
        [40, 34],
        [15, 30],
        [65, 30],
      ] as const)
        expect(at(painted, x, y), `${x}, ${y}`).toBe(at(untouched, x, y));

      await click(page, 'erase');
      await draw([40.5, 30.5], [40.5, 30.5]);
      const erased = await colorsOf(page, 'canvas');
      expect(at(erased, 40, 30)).toBe(at(untouched, 40, 30));
      expect(at(erased, 20, 30)).toBe(object);
      await click(page, 'undo');
      expect(await colorsOf(page, 'canvas')).toEqual(painted);
      await click(page, 'undo');
      expect(await colorsOf(page, 'canvas')).toEqual(untouched);

      await page.keyboard.press('2');
      await draw([20.5, 30.5], [60.5, 30.5]);
      await click(page, 'start');
      await says(page, /^training: got labels of one class \(object\)/);
      await click(page, 'add-class');
      const names = page.locator('[data-part=classes] input[type=text]');
      await names.nth(2).fill('table');
      await draw([20.5, 80.5], [100.5, 80.5]);
      await names.nth(0).fill('table');
      await names.nth(0).blur();
      await says(page, /^class 0: got the name 'table' twice/);
      await trainUntil(page, 3);
      const config: ModelConfig = (await loadModel(await downloadWeights(page, 'own.safetensors'))).config;
      expect(config.classes).toEqual(['background', 'object', 'table']);

      // What is being typed stays while the numbers of the training change around it.
      await click(page, 'start');
      await names.nth(1).fill('cha');
      const step = await numberOf(page, 'step');
      await page.waitForFunction(
        (last) => Number(document.querySelector<HTMLDataElement>('[data-testid=train-step]')!.value) > last,
        step,
      );
      await names.nth(1).pressSequentially('ir');
      expect(await names.nth(1).inputValue()).toBe('chair');
      await click(page, 'stop');
      await says(page, /^stopped/);
      expect(await page.getByLabel('Paint chair').isChecked()).toBe(true);
      await takeScreenshot(page, 'train-own-image');
    });
  }, 120_000);

  it('says in words what it cannot use', async () => {
    const text = path.join(folder, 'notes.png');
    await writeFile(text, 'no image');
    const torn = path.join(folder, 'torn.safetensors');
    await writeFile(torn, (await readFile(trained)).subarray(0, 5000));
    await withPage(plain, async (page) => {
      await page.getByTestId('train-images').setInputFiles(text);
      await says(page, /^image notes\.png: this browser cannot read it/);
      await page.getByTestId('train-weights').setInputFiles(torn);
      await says(page, /^safetensors file torn\.safetensors: .*damaged/);
      await page.locator('#train summary').click();
      await page.getByTestId('train-rate').fill('fast');
      await click(page, 'start');
      await says(page, /^learning rate: got 'fast', expected a number/);
      await page.getByTestId('train-rate').fill('10');
      await click(page, 'start');
      await says(page, /choose a lower learning rate/);
      await takeScreenshot(page, 'train-error');
    });
  }, 120_000);

  it('continues from a file that is dropped on it', async () => {
    await withPage(plain, async (page) => {
      await drop(page, 'mine.safetensors', await readFile(trained));
      await says(page, /^mine\.safetensors: fcn8s-mobilenetv2 with 4 classes; press Continue$/);
      const losses = await noteLosses(page);
      await trainUntil(page, 3);
      expect((await losses())[0]).toBeLessThan(0.8 * Math.log(4)); // what a network begins with that knows nothing
    });
  }, 120_000);
});
