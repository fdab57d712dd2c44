import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFcn, temporaryFolder, tinyNetwork } from '../../cli/fcn.ts';
import { browserTests, startBrowser, takeScreenshot } from '../../web/browser.ts';

const { missing, name } = browserTests('the live page in a browser');

/** Goes on for as long as it is looked at. */
function longTraining(out: string, ...more: string[]): string[] {
  const data = ['--data', 'shapes:?train=20&val=4&size=64', '--out', out, '--learning-rate', '1e-3'];
  return ['train', ...data, ...tinyNetwork, '--iterations', '100000', '--validate-every', '40', ...more];
}

describe.skipIf(missing)(name, { timeout: 240_000 }, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await startBrowser();
    folder = await temporaryFolder();
  });
  afterAll(() => browser?.close());

  /** A tab, what it complained about, and the addresses that it asked. */
  async function open() {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    return { page, complaints };
  }

  const stateOf = (page: Page) => page.locator('.live-state').textContent();
  /** The iteration that the page says the run is at. */
  const iterationOf = async (page: Page) =>
    Number(/iteration (\d+)/.exec((await stateOf(page)) ?? '')?.[1] ?? 0);
  const until = async (isIt: () => Promise<boolean>) => {
    while (!(await isIt())) await sleep(50);
  };

  it('follows a run, and survives a reload and a killed trainer', async () => {
    const out = path.join(folder, 'killed');
    const trainer = startFcn(...longTraining(out));
    await until(async () =>
      (await readFile(path.join(out, 'log.csv'), 'utf8').catch(() => '')).includes('\n1,'),
    );
    const watcher = startFcn('watch', out, '--port', '0');
    const url = await printedUrl(watcher.child.stdout!);
    const { page, complaints } = await open();
    await page.goto(url);
    await page.evaluate(() => Object.assign(globalThis, { isSame: true }));

    // The page changes without being loaded again: numbers, curves, predictions.
    const first = await iterationOf(page);
    await until(async () => (await iterationOf(page)) > first);
    await page.locator('.live-strip').first().locator('button').nth(1).waitFor();
    await until(async () => (await page.locator('#overview').textContent())!.includes('mean IoU'));
    expect(await page.evaluate(() => 'isSame' in globalThis)).toBe(true);
    expect(await page.locator('.live-state').getAttribute('data-state')).toBe('running');
    for (const picture of await page.locator('.live img').all())
      expect(
        await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      ).toBe(64);
    await takeScreenshot(page, 'live-running');

    // An earlier prediction stays chosen while newer ones come.
    await page.locator('.live-strip').first().locator('button').first().click();
    expect(await page.locator('.live-large').first().textContent()).toContain('prediction at ');
    const chosen = await page.locator('.live-large').first().textContent();
    const count = await page.locator('.live-strip button').count();
    await until(async () => (await page.locator('.live-strip button').count()) !== count);
    expect(await page.locator('.live-large').first().textContent()).toBe(chosen);

    await page.reload();
    await until(async () => (await iterationOf(page)) > first);

    trainer.child.kill('SIGKILL');
    await trainer.ended;
    await until(async () => (await stateOf(page))!.startsWith('The trainer has died'));
    await takeScreenshot(page, 'live-died');
    await page.reload();
    await until(async () => (await stateOf(page))!.startsWith('The trainer has died'));
    expect(await page.locator('.live-strip button').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);

    watcher.child.kill('SIGINT');
    expect(await watcher.ended).toMatchObject({ code: 0, stderr: '' });
    await until(async () => (await stateOf(page))!.includes('The server has ended'));
    await page.close();
  });

  it('is served by fcn train --watch, which Ctrl-C ends', async () => {
    const out = path.join(folder, 'watched');
    const trainer = startFcn(...longTraining(out, '--watch', '--port', '0'));
    const url = await printedUrl(trainer.child.stderr!);
    const { page, complaints } = await open();
    await page.goto(url); // most likely before the run has begun
    await until(async () => (await iterationOf(page)) > 0);
    await page.locator('.live-strip button').first().waitFor();
    expect(complaints).toEqual([]);
    trainer.child.kill('SIGINT');
    expect(await trainer.ended).toMatchObject({ code: 130, stdout: '' });
    await until(async () => (await stateOf(page))!.startsWith('Training has stopped'));
    await takeScreenshot(page, 'live-stopped');
    await page.close();
  });

  it('shows ids and class names of a data set as the text that they are', async () => {
    const out = path.join(folder, 'hostile');
    expect((await startFcn(...longTraining(out, '--iterations', '1')).ended).code).toBe(0);
    const config = path.join(out, 'config.json');
    const attack = '</script><img src=x onerror=globalThis.attacked=1>';
    const text = (await readFile(config, 'utf8')).replaceAll(
      'fcn train',
      JSON.stringify(attack).slice(1, -1),
    );
    await writeFile(config, text);
    const watcher = startFcn('watch', out, '--port', '0');
    const { page } = await open();
    await page.goto(await printedUrl(watcher.child.stdout!));
    await until(async () => (await stateOf(page))!.startsWith('Training has finished'));
    expect(await page.locator('body').textContent()).toContain(attack);
    await takeScreenshot(page, 'live-finished');
    await page.getByRole('link', { name: 'The report with images' }).click();
    expect(await page.locator('#gallery img').count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => 'attacked' in globalThis)).toBe(false);
    await page.close();
    watcher.child.kill('SIGINT');
    await watcher.ended;
  });
});

/** The address that the program says it serves at. */
async function printedUrl(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(text) ?? [];
    if (url) return url;
  }
  throw new Error(`no address in ${text}`);
}
