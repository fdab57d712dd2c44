import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/viewing/report/page.ts';
import { readGalleries, readReportData } from '../../../src/viewing/report/run-report.ts';
import { Chromium, type Page } from './chromium.ts';
import { exampleReport, hostile } from './example-run.ts';
import { writeLongRun } from './run-folders.ts';

const missing = process.env.FCN_TEST_REQUIRE !== 'all' && !Chromium.isInstalled();
const name = `the report in a browser${missing ? ' (needs Chromium: apt-get install chromium)' : ''}`;

/** Set to keep pictures of the page for people to look at. */
const wantsScreenshots = process.env.FCN_TEST_SCREENSHOTS !== undefined;

describe.skipIf(missing)(name, () => {
  let folder: string;
  let browser: Chromium;
  let single: string;
  let compared: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fcn-report-'));
    browser = await Chromium.start();
    const runs = [
      await writeLongRun(path.join(folder, 'steady')),
      await writeLongRun(path.join(folder, 'faster'), { learningRate: 3e-3, epochs: 40 }),
    ];
    const sources = runs.map((run) => ({
      name: path.basename(run.folder),
      stages: [{ name: 'fcn32s', run }],
    }));
    const write = async (file: string, chosen: typeof sources) => {
      const data = await readReportData(chosen);
      const warn = (message: string) => expect.fail(message);
      data.galleries = await readGalleries(chosen, data.runs, { limit: 200, warn });
      await writeFile(path.join(folder, file), renderReport(data));
      return path.join(folder, file);
    };
    single = await write('single.html', sources.slice(0, 1));
    compared = await write('compared.html', sources);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    if (wantsScreenshots) process.stderr.write(`screenshots: ${folder}\n`);
    else await rm(folder, { recursive: true, force: true });
  });

  /** A tab with a report in it; at the end nothing may have been complained about, or asked for but the file. */
  async function inPage(file: string, look: (page: Page) => Promise<void>, width = 1280): Promise<void> {
    const page = await browser.open();
    await page.resize(width, 900);
    await page.goto(pathToFileURL(file).href);
    await look(page);
    expect(page.complaints).toEqual([]);
    expect(page.requests).toEqual([pathToFileURL(file).href]);
    await page.close();
  }

  async function keep(page: Page, file: string): Promise<void> {
    if (wantsScreenshots) await writeFile(path.join(folder, file), await page.screenshot());
  }

  const text = (selector: string) => `document.querySelector(${JSON.stringify(selector)}).textContent`;
  const variable = (of: string) => `getComputedStyle(document.documentElement).getPropertyValue('${of}')`;

  it('runs no foreign script and shows foreign text as it is', async () => {
    const file = path.join(folder, 'hostile.html');
    await writeFile(file, renderReport(await exampleReport()));
    await inPage(file, async (page) => {
      expect(await page.run('document.title')).toBe(`Title ${hostile}`);
      expect(await page.run(text('h1'))).toBe(`Title ${hostile}`);
      expect(await page.run(text('.classes tbody tr:nth-child(2) th'))).toBe(hostile);
      expect(await page.run(text('.example strong'))).toBe(hostile);
      expect(await page.run("document.querySelectorAll('b').length")).toBe(0);
      expect(await page.run(text('#overview'))).toContain('Stages, each from the best weights');
    });
  });

  it('is small, and answers within a second of being opened', async () => {
    expect((await stat(single)).size).toBeLessThan(8 * 2 ** 20);
    const page = await browser.open();
    await page.resize(1280, 900);
    // Time of the processor: what else this machine does is not the page's doing.
    await page.send('Performance.enable', { timeDomain: 'threadTicks' });
    const before = await page.taskSeconds();
    const begun = performance.now();
    await page.goto(pathToFileURL(single).href);
    await page.run("document.getElementById('sort-iou0').click()");
    const took = performance.now() - begun;
    expect(await page.run(`${text('.classes [aria-sort]')}`)).toBe('IoU');
    const busy = (await page.taskSeconds()) - before;
    if (wantsScreenshots) {
      const { size } = await stat(single);
      process.stderr.write(
        `${size} bytes, first interaction after ${took.toFixed(0)} ms, ${busy} s of work\n`,
      );
    }
    expect(busy).toBeLessThan(1);
    await page.close();
  });

  it('has a place for everything, under headings and labels', async () => {
    await inPage(single, async (page) => {
      expect(await page.run("[...document.querySelectorAll('h2')].map((h) => h.textContent)")).toEqual([
        ...['Result', 'Curves', 'Classes', 'Confusion', 'Images', 'To repeat it'],
      ]);
      expect(await page.run("document.querySelectorAll('canvas').length")).toBe(3);
      // Every control has a name; every picture is described or there for the eye only.
      const unnamed = `[...document.querySelectorAll('button, input, summary, [role=group], [role=region], [role=grid]')]
        .filter((e) => !(e.textContent.trim() || e.labels?.length || e.ariaLabel)).map((e) => e.outerHTML)`;
      expect(await page.run(unnamed)).toEqual([]);
      expect(
        await page.run("[...document.querySelectorAll('img')].filter((i) => !i.hasAttribute('alt')).length"),
      ).toBe(0);
      const levels = await page.run<number[]>(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))",
      );
      for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
      // Pictures that are there were drawn.
      const broken = '[...document.images].filter((i) => !i.complete || i.naturalWidth === 0).length';
      expect(await page.run(broken)).toBe(0);
      await keep(page, 'light.png');
    });
  });

  it('reads well in light and dark: contrast of at least 4.5', async () => {
    await inPage(single, async (page) => {
      for (const scheme of ['light', 'dark']) {
        await page.emulate('', [['prefers-color-scheme', scheme]]);
        expect(
          contrast(await page.run(variable('--text')), await page.run(variable('--ground'))),
        ).toBeGreaterThan(7);
        for (const [front, back] of [
          ...[
            ['--muted', '--ground'],
            ['--muted', '--panel'],
            ['--accent', '--ground'],
            ['--text', '--panel'],
          ],
          ...[
            ['--run-2', '--ground'],
            ['--run-3', '--ground'],
            ['--run-4', '--ground'],
          ],
        ]) {
          const ratio = contrast(await page.run(variable(front!)), await page.run(variable(back!)));
          expect(ratio, `${front} on ${back}, ${scheme}`).toBeGreaterThanOrEqual(4.5);
        }
        expect(await page.run('getComputedStyle(document.body).backgroundColor')).toBe(
          scheme === 'dark' ? 'rgb(20, 23, 27)' : 'rgb(255, 255, 255)',
        );
      }
      await keep(page, 'dark.png');
    });
  });

  it('prints in light colors, charts too, without what paper cannot do', async () => {
    await inPage(single, async (page) => {
      await page.emulate('', [['prefers-color-scheme', 'dark']]);
      const isDrawnIn = (color: string) => {
        const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
        return page.run(`(() => {
          const { width, height } = document.querySelector('canvas');
          const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
          copy.drawImage(document.querySelector('canvas'), 0, 0);
          const { data } = copy.getImageData(0, 0, width, height);
          for (let i = 0; i < data.length; i += 4)
            if (data[i] === ${r} && data[i + 1] === ${g} && data[i + 2] === ${b} && data[i + 3] === 255) return true;
          return false;
        })()`);
      };
      const dark = await page.run<string>(variable('--run-1'));
      expect(await isDrawnIn(dark)).toBe(true);
      await page.emulate('print', [['prefers-color-scheme', 'dark']]);
      expect(await page.run(variable('--ground'))).toBe('#ffffff');
      expect(await isDrawnIn(dark)).toBe(false);
      expect(await isDrawnIn(await page.run(variable('--run-1')))).toBe(true);
      expect(await page.run("getComputedStyle(document.querySelector('nav')).display")).toBe('none');
      // Paper is narrower than the screen that the charts were drawn for.
      await page.run("document.querySelector('main').style.width = '640px'");
      const widths =
        "[...document.querySelectorAll('.u-wrap canvas')].map((c) => c.getBoundingClientRect().width)";
      for (const width of await page.run<number[]>(widths)) expect(width).toBeLessThanOrEqual(640);
      await page.run("document.querySelector('main').style.width = ''");
      await keep(page, 'print.png');
      const pdf = await page.pdf();
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      if (wantsScreenshots) await writeFile(path.join(folder, 'print.pdf'), pdf);
    });
  });

  it.each(['single', 'compared'])('fits a phone of 375 pixels (%s)', async (which) => {
    await inPage(
      which === 'single' ? single : compared,
      async (page) => {
        expect(await page.run('document.documentElement.scrollWidth')).toBe(375);
        // Nothing sticks out but what scrolls by itself.
        const outside = `[...document.querySelectorAll('main *')].filter((e) => !e.closest('.wide, .hidden') &&
          e.getBoundingClientRect().right > 375.5).map((e) => e.outerHTML.slice(0, 100))`;
        expect(await page.run(outside)).toEqual([]);
        await keep(page, `phone-${which}.png`);
      },
      375,
    );
  });

  it('is used with the keyboard: slider, matrix, charts, sorting', async () => {
    await inPage(single, async (page) => {
      const opacity = "getComputedStyle(document.querySelector('.picture .over')).opacity";
      await page.emulate('', [['prefers-reduced-motion', 'reduce']]);
      expect(await page.run(opacity)).toBe('0.65');
      await page.run("document.querySelector('.controls input').focus()");
      await page.press('ArrowRight', 2);
      await page.settle();
      expect(await page.run(opacity)).toBe('0.75');
      expect(await page.run(text('.controls output'))).toBe('75 %');
      await page.press('Home');
      await page.settle();
      expect(await page.run(opacity)).toBe('0');

      await page.run('document.querySelector(\'.heat [tabindex="0"]\').focus()');
      const first = await page.run<string>(text('.said'));
      expect(first).toMatch(/^background predicted as background: [\d,]+ pixels, [\d.]+ % of background$/);
      await page.press('ArrowRight');
      await page.press('ArrowDown');
      await page.press('End');
      expect(await page.run('document.activeElement.ariaLabel')).toBe(await page.run(text('.said')));
      expect(await page.run(text('.said'))).toMatch(/^striped disc predicted as gridded ring: /);
      expect(await page.run('document.querySelectorAll(\'.heat [tabindex="0"]\').length')).toBe(1);

      await page.run("document.querySelector('.chart').focus()");
      await page.press('End');
      expect(await page.run(text('#curves [aria-live]'))).toMatch(/^iteration [\d,]+: smoothed [\d.]+$/);

      await page.run("document.getElementById('sort-iou0').focus()");
      await page.press('Enter');
      const shown = await page.run<number[]>(
        "[...document.querySelectorAll('.classes .iou')].map((cell) => parseFloat(cell.textContent))",
      );
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
      expect(await page.run("document.querySelector('.classes [aria-sort]').ariaSort")).toBe('ascending');
      await page.press('Enter');
      expect(await page.run("document.querySelector('.classes [aria-sort]').ariaSort")).toBe('descending');
      // Nothing is reached that does not show where it is.
      await page.run("document.querySelector('nav a').focus()");
      await page.press('Tab');
      expect(await page.run('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    });
  });

  it('writes figures in the matrix that can be read on every color', async () => {
    await inPage(single, async (page) => {
      for (const scheme of ['light', 'dark']) {
        await page.emulate('', [['prefers-color-scheme', scheme]]);
        const ratios = await page.run<
          number[]
        >(`[0, 0.2, 0.4, 0.6, 0.62, 0.63, 0.75, 0.87, 0.88, 1].map((strength) => {
          const cell = document.querySelector('.heat tbody td');
          cell.className = (strength > 0.62 ? 'strong ' : '') + (strength > 0.87 ? 'strongest' : '');
          cell.style.setProperty('--strength', strength * 100 + '%');
          const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
          const luminance = (color) => {
            pixel.fillStyle = color;
            pixel.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].map((value) =>
              value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const { color, backgroundColor } = getComputedStyle(cell);
          const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        })`);
        for (const ratio of ratios) expect(ratio, `${scheme}: ${ratios}`).toBeGreaterThanOrEqual(4.5);
      }
    });
  });

  it('says counts under the mouse', async () => {
    await inPage(single, async (page) => {
      await page.hover('.heat tbody tr:nth-child(3) td:nth-child(3)');
      expect(await page.run(text('.said'))).toMatch(
        /^dotted square predicted as striped disc: [\d,]+ pixels/,
      );
    });
  });

  it('shows two runs side by side', async () => {
    await inPage(compared, async (page) => {
      const columns = "[...document.querySelectorAll('.comparison thead th')].map((th) => th.textContent)";
      expect(await page.run(columns)).toEqual(['steady', 'faster']);
      expect(await page.run("document.querySelectorAll('.comparison strong').length")).toBe(4);
      expect(await page.run("document.querySelectorAll('.heat').length")).toBe(2);
      expect(await page.run("document.querySelectorAll('.example:first-child .panel').length")).toBe(18);
      expect(await page.run(text('#repeat'))).toMatch(/What differs.*learningRate0\.0010\.003/);
      await keep(page, 'compared.png');
    });
  });

  it('draws newer data, and keeps what the reader was at', async () => {
    await inPage(single, async (page) => {
      await page.run(`
        window.data = JSON.parse(document.getElementById('report-data').textContent);
        document.getElementById('sort-iou0').click();
        document.getElementById('logarithmic').click();
        document.querySelector('.controls input').focus();
        const { validation } = data.runs[0].curves;
        for (const values of Object.values(validation)) values.push(values.at(-1));
        validation.iteration[validation.iteration.length - 1] = 123456;
        data.runs[0].metrics.meanIoU = 0.5;
        data.runs[0].metrics.classes[0].iou = 0.01;
        fcnReport.update(data);
      `);
      expect(await page.run(text('.cards dd'))).toBe('50.0 %');
      expect(await page.run(text('#curves details tbody tr:last-child'))).toContain('123,456');
      expect(await page.run(text('.classes tbody tr'))).toMatch(/^background1\.0 %/);
      expect(await page.run("document.getElementById('logarithmic').checked")).toBe(true);
      expect(await page.run('document.activeElement.type')).toBe('range');
      expect(await page.run("document.querySelectorAll('canvas').length")).toBe(3);
    });
  });
});

/** WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) with the relative luminances of `#rrggbb` colors. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}
