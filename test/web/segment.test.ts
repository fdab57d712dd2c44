import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../../src/data/images/decode.ts';
import { encodePng } from '../../src/data/images/encode.ts';
import type { LabelImage } from '../../src/data/images/image.ts';
import { decodeLabelPng } from '../../src/data/images/label-png.ts';
import { vocPalette } from '../../src/data/images/palette.ts';
import { resizeImage } from '../../src/data/transforms/resample.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { loadExported } from '../../src/inference/predict/load-segmenter.ts';
import { predictImages } from '../../src/inference/predict/predict.ts';
import { readExportedConfig } from '../../src/weights/exported-config.ts';
import { exported } from '../networks/export/exported.ts';
import { fixtureWeights, randomModel } from '../weights/models.ts';
import { browserTests, onViolation, takeScreenshot } from './browser.ts';
import type { PageServer } from './built-page.ts';
import { openPageSite, type PageSite } from './page-site.ts';

const { missing, name } = browserTests('the page that segments');
const shippedModel = path.resolve(import.meta.dirname, '../../web/public/model/photos.onnx');
const samples = path.resolve(import.meta.dirname, '../../web/public/samples');

describe.skipIf(missing)(name, () => {
  let site: PageSite;
  let folder: string;
  let isolated: PageServer;
  let plain: PageServer;
  let browser: Browser;
  /** 500x375 pixels, which no codec changes. */
  let image: string;
  /** A quarter as wide and high, for what does not depend on the size: networks take a second for the large one. */
  let small: string;
  /** What `fcn predict` gives for it with the model of the page. */
  let expected: LabelImage;

  beforeAll(async () => {
    site = await openPageSite(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
    ({ folder, isolated, plain, browser } = site);
    image = path.join(folder, 'a photograph of 500x375.png');
    const photo = await readImage(path.join(samples, 'astronaut.jpg'));
    await writeFile(image, await encodePng(resizeImage(photo, 375, 500)));
    small = path.join(folder, 'small.png');
    await writeFile(small, await encodePng(resizeImage(photo, 94, 125)));
    expected = await predictInNode(await readFile(shippedModel), image, folder);
  }, 120_000);

  afterAll(() => site?.close());

  /** Opens the page, uses it, and holds that nothing went wrong in its console, and that it asked no other server. */
  async function withPage(
    address: string,
    use: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const context = await browser.newContext(options);
    const faults: string[] = [];
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(45_000);
      page.on('pageerror', ({ message }) => faults.push(message));
      onViolation(page, (line) => faults.push(line));
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(new URL(address).origin) && /^https?:/.test(url)) faults.push(`asked for ${url}`);
      });
      await page.goto(address);
      await use(page);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const status = (page: Page) => page.getByTestId('status');
  const shows = (page: Page, text: RegExp) => status(page).filter({ hasText: text }).waitFor();

  async function segment(page: Page, file: string): Promise<void> {
    await page.getByTestId('image-input').setInputFiles(file);
    await shows(page, /^done \d+ ms/);
  }

  async function downloadMask(page: Page): Promise<{ file: string; mask: LabelImage; bytes: Buffer }> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('download-mask').click(),
    ]);
    const bytes = await readFile(await download.path());
    const file = download.suggestedFilename();
    return { file, mask: decodeLabelPng(bytes, file), bytes };
  }

  it.each([
    ['isolated from other sites, with threads', true],
    ['of any plain server, with one thread', false],
  ])('gives what fcn predict gives, on a page %s', async (_, isIsolated) => {
    await withPage((isIsolated ? isolated : plain).address, async (page) => {
      await shows(page, /^ready$/);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(isIsolated);
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      const threads = isIsolated ? Math.min(8, cores) : 1;
      expect(await page.locator('#model').innerText()).toContain(`WebAssembly, ${threads} thread`);
      await segment(page, image);
      const { file, mask, bytes } = await downloadMask(page);
      expect(file).toBe('a photograph of 500x375.mask.png');
      expect([mask.width, mask.height]).toEqual([500, 375]);
      expect(new Set(mask.data).size).toBeGreaterThan(1); // something was found
      const same = mask.data.reduce((sum, label, i) => sum + Number(label === expected.data[i]), 0);
      expect(same / mask.data.length).toBeGreaterThanOrEqual(0.999);
      // The palette of the file: VOC's 256 colors, in the chunk PLTE.
      const start = bytes.indexOf('PLTE') + 4;
      expect([...bytes.subarray(start, start + 768)]).toEqual(vocPalette().flat());
    });
  });

  it('paints, counts and names the classes of the mask', async () => {
    await withPage(isolated.address, async (page) => {
      await segment(page, image);
      const { mask } = await downloadMask(page);
      const { classes } = readExportedConfig(await readFile(shippedModel), 'shipped');
      const palette = vocPalette();
      const painted = await readOverlay(page);
      expect([painted.width, painted.height]).toEqual([500, 375]);
      const colors = palette.map((color, label) => (label === 0 ? [0, 0, 0, 0] : [...color, 255]));
      expect(painted.data.equals(Buffer.from([...mask.data].flatMap((label) => colors[label]!)))).toBe(true);

      const counts = new Map<number, number>();
      for (const label of mask.data) counts.set(label, (counts.get(label) ?? 0) + 1);
      const entries = await page.getByTestId('legend').locator('li').allInnerTexts();
      expect(entries).toHaveLength(counts.size);
      for (const [label, count] of counts) {
        const entry = entries.find((text) => text.startsWith(classes[label]!));
        const share = (count / mask.data.length) * 100;
        expect(entry).toContain(share < 0.1 ? '< 0.1 %' : `${share.toFixed(1)} %`);
      }

      // The largest class is the background, which is off until it is switched on.
      const background = page.getByTestId('legend').getByRole('checkbox', { name: /background/ });
      expect(await background.isChecked()).toBe(false);
      await background.check();
      const { data } = await readOverlay(page);
      expect(data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);

      const overlay = page.getByTestId('overlay');
      await page.getByLabel('Opacity').fill('20');
      expect(await overlay.evaluate((canvas) => getComputedStyle(canvas).opacity)).toBe('0.2');
      const box = (await overlay.boundingBox())!;
      const [x, y] = [400, 100];
      await page.mouse.move(box.x + ((x + 0.5) / 500) * box.width, box.y + ((y + 0.5) / 375) * box.height);
      const under = classes[mask.data[y * 500 + x]!];
      expect(await page.locator('#readout').innerText()).toBe(`${under} at ${x}, ${y}`);
    });
  });

  it('segments its samples at once, and never blocks', async () => {
    await withPage(plain.address, async (page) => {
      await shows(page, /^ready$/);
      // Frames that the page draws while the network runs; a page that is blocked draws none.
      await page.evaluate(() => {
        const counter = window as unknown as { frames: number };
        counter.frames = 0;
        const count = () => {
          counter.frames++;
          requestAnimationFrame(count);
        };
        count();
      });
      const samples = page.getByRole('group', { name: 'Samples' }).getByRole('button');
      expect(await samples.count()).toBe(2);
      for (let i = 0; i < 2; i++) {
        await samples.nth(i).click();
        await shows(page, /^done \d+ ms$/);
        expect(await page.getByTestId('legend').locator('li').count()).toBeGreaterThan(1);
      }
      expect(await page.evaluate(() => (window as unknown as { frames: number }).frames)).toBeGreaterThan(2);
      await takeScreenshot(page, 'segment-light');
    });
  });

  it('says how far it is with an image that it segments in tiles', async () => {
    // The scores of 1.5 megapixels are what the page has memory for.
    await writeFile(
      path.join(folder, 'page/coarse.onnx'),
      exported(randomModel({ model: 'fcn32s-squeezenet' }), false),
    );
    const large = path.join(folder, 'large.png');
    const photo = await readImage(path.join(samples, 'astronaut.jpg'));
    await writeFile(large, await encodePng(resizeImage(photo, 1150, 1400)));
    await withPage(`${isolated.address}?model=coarse.onnx`, async (page) => {
      await shows(page, /^ready$/);
      await page.getByLabel('Large images').selectOption('at their own size');
      // Noted in the page: from here, a tile may be over before it is seen.
      const texts = await status(page).evaluateHandle((element) => {
        const noted: string[] = [];
        new MutationObserver(() => noted.push(element.textContent ?? '')).observe(element, {
          ...{ childList: true, characterData: true, subtree: true },
        });
        return noted;
      });
      await page.getByTestId('image-input').setInputFiles(large);
      await shows(page, /^done \d+ ms/);
      expect(await texts.jsonValue()).toContainEqual(expect.stringMatching(/^segmenting, 1 of \d+ tiles$/));
      const { mask } = await downloadMask(page);
      expect([mask.width, mask.height]).toEqual([1400, 1150]);
    });
  });

  it('takes other models, from a file and by their address, and segments the image again', async () => {
    const file = path.join(folder, 'five.onnx');
    const bytes = exported(await fiveClasses(), false);
    await writeFile(file, bytes);
    await writeFile(path.join(folder, 'page/five.onnx'), bytes);
    const expectedOfFive = await predictInNode(bytes, small, folder);
    await withPage(isolated.address, async (page) => {
      await segment(page, small);
      await page.getByTestId('model-input').setInputFiles(file);
      await shows(page, /^ready, done \d+ ms$/);
      expect((await page.locator('#model').innerText()).split('\n')[0]).toBe('five.onnx');
      const { mask } = await downloadMask(page);
      const same = mask.data.reduce((sum, label, i) => sum + Number(label === expectedOfFive.data[i]), 0);
      expect(same / mask.data.length).toBeGreaterThanOrEqual(0.999);
    });
    await withPage(`${plain.address}?model=five.onnx`, async (page) => {
      await shows(page, /^ready$/);
      expect((await page.locator('#model').innerText()).split('\n')[0]).toBe('five.onnx');
      // While it loads, another backend is chosen: it loads the same file.
      await page.getByTestId('model-input').setInputFiles(shippedModel);
      await page.getByLabel('Computed by').selectOption('WebAssembly');
      await shows(page, /^ready$/);
      expect((await page.locator('#model').innerText()).split('\n')[0]).toBe('photos.onnx');
    });
  });

  it('says what is wrong, and goes on with the model that it has', async () => {
    const files = {
      'notes.onnx': 'These are notes, no model.',
      'empty.onnx': '',
      'cut.onnx': (await readFile(shippedModel)).subarray(0, 100_000),
      'weights.safetensors': Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]),
      'broken.png': 'no image',
    };
    for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content);
    await withPage(plain.address, async (page) => {
      await shows(page, /^ready$/);
      const refused = async (file: string, message: RegExp) => {
        await page.getByTestId('model-input').setInputFiles(path.join(folder, file));
        await shows(page, message);
      };
      await refused('notes.onnx', /^error: model notes.onnx: .*expected an ONNX file made by fcn export$/);
      await refused('empty.onnx', /^error: model empty.onnx: got an empty file, expected an ONNX file/);
      await refused('cut.onnx', /^error: model cut.onnx: not an ONNX file, or only part of one/);
      await refused(
        'weights.safetensors',
        /^error: model weights.safetensors: got safetensors weights, .*run fcn export/,
      );
      await page.getByTestId('image-input').setInputFiles(path.join(folder, 'broken.png'));
      await shows(page, /^error: image broken.png: this browser cannot read it/);
      await page.getByLabel('Computed by').selectOption('WebGPU');
      await shows(page, /^(error: backend webgpu: .*; use wasm|ready)$/); // as the machine is
      await segment(page, small);
    });
    await withPage(`${plain.address}?model=none.onnx`, async (page) => {
      await shows(page, /^error: model none.onnx: got 404 Not Found, expected a file; check the address$/);
      await page.getByTestId('image-input').setInputFiles(small);
      await shows(page, /^error: model: got none, expected one to segment with; open a file/);
      await page.getByTestId('model-input').setInputFiles(shippedModel);
      await shows(page, /^ready, done \d+ ms$/);
    });
  });

  it('takes images that are dropped or pasted, and the pictures of a camera', async () => {
    const sample = path.join(samples, 'cat.jpg');
    const base64 = (await readFile(sample)).toString('base64');
    await withPage(
      plain.address,
      async (page) => {
        await shows(page, /^ready$/);
        for (const kind of ['drop', 'paste']) {
          await page.evaluate(
            ({ kind, base64 }) => {
              const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
              const data = new DataTransfer();
              // Systems that do not know the name of a dropped file give no type.
              const file =
                kind === 'drop'
                  ? new File([bytes], 'IMG_1')
                  : new File([bytes], 'a.jpg', { type: 'image/jpeg' });
              data.items.add(file);
              const event =
                kind === 'drop'
                  ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
                  : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
              document.body.dispatchEvent(event);
            },
            { kind, base64 },
          );
          await shows(page, /^done \d+ ms$/);
          expect((await readOverlay(page)).width).toBe(451);
          await page.getByTestId('model-input').setInputFiles(shippedModel);
          await shows(page, /^ready, done/);
        }
        const camera = page.getByRole('button', { name: 'Camera' });
        await camera.click();
        await shows(page, /^done \d+ ms, [\d.]+ pictures per second$/);
        expect(await camera.getAttribute('aria-pressed')).toBe('true');
        await camera.click();
        expect(await camera.getAttribute('aria-pressed')).toBe('false');
        await segment(page, small);
      },
      { permissions: ['camera'] },
    );
  });

  it('can be used with the keyboard alone', async () => {
    await withPage(plain.address, async (page) => {
      await shows(page, /^ready$/);
      const focused = () =>
        page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);
      const reached: string[] = [];
      const tabTo = async (wanted: (name: string) => boolean) => {
        for (let i = 0; i < 30; i++) {
          await page.keyboard.press('Tab');
          const now = String(await focused());
          reached.push(now);
          if (wanted(now)) return;
        }
        throw new Error(`Tab did not get there, only to ${reached.join(', ')}`);
      };
      await tabTo((id) => id === 'image-input');
      await tabTo((id) => id === 'camera');
      await page.keyboard.press('Tab'); // the first sample
      await page.keyboard.press('Enter');
      await shows(page, /^done \d+ ms$/);
      await page.locator('#picture').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#readout').innerText()).toMatch(/ at 230, 150$/);
      expect(await page.locator('#cursor').isVisible()).toBe(true);
      await tabTo((id) => id === 'download');
      const download = page.waitForEvent('download');
      await page.keyboard.press('Enter');
      expect((await download).suggestedFilename()).toBe('cat.mask.png');
      await tabTo((id) => id === 'model-input');
    });
  });

  it('shrinks large images for the network only', async () => {
    await withPage(plain.address, async (page) => {
      await page.getByLabel('Large images').selectOption('as 400 pixels');
      await page.getByTestId('image-input').setInputFiles(image);
      await shows(page, /^done \d+ ms, seen as 400x300$/);
      const { mask } = await downloadMask(page);
      expect([mask.width, mask.height]).toEqual([500, 375]);
    });
  });

  it('fits a phone, in light and in dark', async () => {
    const schemes = ['light', 'dark'] as const;
    await withPage(
      plain.address,
      async (page) => {
        await shows(page, /^ready$/);
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          await takeScreenshot(page, `segment-phone-empty-${colorScheme}`);
        }
        await segment(page, image);
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme });
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(width).toBe(375);
          const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          const brightness = Math.max(...ground.match(/\d+/g)!.map(Number));
          expect(brightness > 128).toBe(colorScheme === 'light');
          await takeScreenshot(page, `segment-phone-${colorScheme}`);
        }
      },
      { viewport: { width: 375, height: 740 }, hasTouch: true },
    );
  });
});

/** What is on the canvas: red, green, blue and alpha of each pixel. */
async function readOverlay(page: Page): Promise<{ width: number; height: number; data: Buffer }> {
  const { base64, ...size } = await page.getByTestId('overlay').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let characters = '';
    for (const byte of data) characters += String.fromCharCode(byte);
    return { width: canvas.width, height: canvas.height, base64: btoa(characters) };
  });
  return { ...size, data: Buffer.from(base64, 'base64') };
}

/** The class map that `fcn predict` gives with an exported network. */
async function predictInNode(model: Uint8Array, image: string, folder: string): Promise<LabelImage> {
  const segmenter = await loadExported(nativeRuntime, model, 'model', { threads: 1 });
  const out = path.join(folder, 'predicted');
  await predictImages({ segmenter, images: [image], out });
  await segmenter.release();
  const file = path.join(out, `${path.basename(image, '.png')}.png`);
  return decodeLabelPng(await readFile(file), file);
}

/** Small, and not the one that is shipped. */
async function fiveClasses() {
  const classes = ['sky', 'sea', 'sand', 'sun', 'ship'];
  const { config } = randomModel({ numClasses: 5, width: 3 / 128, classes });
  return { config, weights: await fixtureWeights('fcn8s') };
}
