import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { startBrowser } from './browser.ts';
import { buildPage, type PageServer, servePage } from './built-page.ts';

/** The page as a test file needs it: built, served in both ways, and a browser to open it in. */
export interface PageSite {
  /** For the test's files. */
  readonly folder: string;
  /** With the headers of cross-origin isolation, and without. */
  readonly isolated: PageServer;
  readonly plain: PageServer;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** @param switches of the browser */
export async function openPageSite(switches: string[] = []): Promise<PageSite> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-page-'));
  const page = path.join(folder, 'page');
  await buildPage(page);
  const [isolated, plain] = await Promise.all([servePage(page, true), servePage(page, false)]);
  const browser = await startBrowser(switches);
  const close = async () => {
    await browser.close();
    await Promise.all([isolated.close(), plain.close()]);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { folder, isolated, plain, browser, close };
}
