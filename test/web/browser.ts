import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = (process.env.PATH ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'chromium'))
  .find((file) => existsSync(file));

const missing = executablePath === undefined && process.env.FCN_TEST_REQUIRE !== 'all';

/** For `describe.skipIf`, and its name with what is to be installed. */
export const browserTests = (name: string) => ({
  missing,
  name: missing ? `${name} (needs Chromium: apt-get install chromium)` : name,
});

export async function startBrowser(switches: readonly string[] = []): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', ...switches];
  return chromium.launch({ executablePath: executablePath!, args });
}

/** Told what the page's policy did not allow, in the page or in a worker: browsers say so in the console. */
export function onViolation(page: Page, tell: (line: string) => void): void {
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) tell(message.text());
  });
}

/** A picture of the page for a reviewer, in the folder that FCN_TEST_SCREENSHOTS names. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.FCN_TEST_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
