import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunFolder } from '../../../src/training/run-folder.ts';
import { train } from '../../../src/training/train.ts';
import { readReportData, writeRunReport } from '../../../src/viewing/report/run-report.ts';
import { twoLabelings } from '../../data/two-labelings.ts';
import { tinyRun } from '../../training/tiny-run.ts';
import { Chromium } from './chromium.ts';

const missing = process.env.FCN_TEST_REQUIRE !== 'all' && !Chromium.isInstalled();
const note = missing ? ' (needs Chromium: apt-get install chromium)' : '';

/** A run with two heads, and its report. */
let run: RunFolder;
beforeAll(async () => {
  const spec = 'shapes:?train=5&val=2&size=32&classes=4';
  const data = { train: await twoLabelings(spec, 'train'), val: await twoLabelings(spec, 'val') };
  const made = await tinyRun({ duration: { iterations: 4 } }, { data, validateEvery: 2 });
  run = made.run;
  await train({ ...made.prepared, run });
  await writeRunReport([{ name: 'run', run }], run.report, data.val);
}, 60_000);
afterAll(() => rm(run.folder, { recursive: true }));

describe('the report of a run with two heads', () => {
  it('holds what each of them came to', async () => {
    const [data] = (await readReportData([{ name: 'run', stages: [{ name: 'run', run }] }])).runs;
    const metrics = (await run.readBestMetrics())!;
    expect(data!.heads!.map(({ name, classes }) => [name, classes.length])).toEqual([
      ['shape', 4],
      ['place', 3],
    ]);
    expect(data!.metrics).toEqual(metrics);
    expect(data!.heads![1]!.metrics).toEqual(metrics.heads!.place);
    const rows = await run.validations.rows();
    const column = run.validations.columns.indexOf('place.meanIoU');
    expect(data!.heads![1]!.validation.iteration).toEqual([2, 4]);
    expect(data!.heads![1]!.validation.meanIoU).toEqual(rows.map((cells) => Number(cells[column])));
    expect(data!.heads![0]!.validation).toEqual(data!.curves.validation);
  });

  it.skipIf(missing)(`shows each of them in a browser${note}`, async () => {
    const browser = await Chromium.start();
    try {
      const page = await browser.open();
      await page.resize(1280, 900);
      await page.goto(pathToFileURL(run.report).href);
      const texts = (selector: string) =>
        page.run<string[]>(`[...document.querySelectorAll('${selector}')].map((e) => e.textContent)`);
      for (const section of ['overview', 'classes', 'confusion']) {
        expect(await texts(`#${section} > h3`), section).toEqual(['shape', 'place']);
      }
      expect(await texts('#curves h3')).toEqual([
        ...['Loss', 'Scores on the validation split: shape', 'Scores on the validation split: place'],
        'Learning rate',
      ]);
      expect(await texts('.facts dd')).toContain('fcn32s-alexnet, width 0.0625, 4 shape and 3 place classes');
      expect(await texts('#classes table:last-of-type tbody th')).toContain('below');
      expect((await texts('.example .panel .muted')).slice(0, 7)).toEqual([
        ...['image', 'truth, shape', 'prediction, shape', 'errors, shape'],
        ...['truth, place', 'prediction, place', 'errors, place'],
      ]);
      const ids = await page.run<string[]>("[...document.querySelectorAll('[id]')].map((e) => e.id)");
      expect(ids).toHaveLength(new Set(ids).size);
      // Each table is sorted by itself.
      await page.run("document.getElementById('sort-1-iou0').click()");
      expect(await texts('#classes [aria-sort]')).toEqual(['Class', 'IoU']);
      expect(page.complaints).toEqual([]);
      await page.close();
    } finally {
      await browser.close();
    }
  });
});
