import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { html, jsonData } from '../../src/report/html.ts';
import { renderReport } from '../../src/report/page.ts';
import { exampleRun, hostile } from './example-run.ts';

describe('html', () => {
  it('escapes what is put in, once', () => {
    const inner = html`<b>${'<&">'}</b>`;
    expect(html`${inner}${[inner]}${1}`.text).toBe(`${'<b>&#60;&#38;&#34;&#62;</b>'.repeat(2)}1`);
  });

  it('keeps JSON inside its element, and whole', () => {
    const { text } = jsonData('id', { name: hostile });
    const content = text.slice(text.indexOf('>') + 1, text.lastIndexOf('<'));
    expect(content).not.toContain('<');
    expect(JSON.parse(content)).toEqual({ name: hostile });
  });
});

describe('renderReport', () => {
  const report = renderReport(exampleRun());

  it('needs nothing from the network', () => {
    expect(report).not.toMatch(/https?:/);
    expect(report).not.toMatch(/<link|<iframe|@import/);
    for (const [, address] of report.matchAll(/(?:src|href)\s*=\s*"([^"]*)/g))
      expect(address).toMatch(/^data:/);
  });

  it('lets no text become markup', () => {
    expect(report).not.toContain('<b title');
    expect(report.match(/<script/g)).toHaveLength(3);
    expect(report.match(/<\/script/g)).toHaveLength(3);
  });

  it('closes every element that it opens', () => {
    const markup = report.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
    const open: string[] = [];
    // Elements that have no end tag.
    const empty = new Set(['meta', 'img', 'input']);
    for (const [, end, name] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (end) expect(open.pop()).toBe(name);
      else if (!empty.has(name!)) open.push(name!);
    }
    expect(open).toEqual([]);
  });

  it('shows metrics, stages, settings and classes', () => {
    const text = report.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ');
    // Truth 0, 1, void, 1 against 0, 1, 1, 0: two of three right; IoU 1/2 and 1/2; accuracy 1 and 1/2.
    expect(text).toMatch(/50\.0 %\s+mean IoU/);
    expect(text).toMatch(/66\.7 %\s+pixel accuracy/);
    expect(text).toMatch(/75\.0 %\s+mean accuracy/);
    expect(text).toMatch(/fcn16s\s+2\s+1e-4\s+60\.0 %/);
    expect(text).toMatch(/input\.mean\s+\[1,2,3\]/);
    expect(text).toMatch(/absent\s+–\s+–\s+0/);
    expect(text).toContain('(66.7 % of the pixels right)');
  });

  it('embeds image, truth and prediction as PNGs', async () => {
    const uris = [...report.matchAll(/data:image\/png;base64,([^"]*)/g)].map(([, data]) => data!);
    const pixels = await Promise.all(
      uris.map((uri) => sharp(Buffer.from(uri, 'base64')).removeAlpha().raw().toBuffer()),
    );
    const [black, red, cream] = [
      [0, 0, 0],
      [128, 0, 0],
      [224, 224, 192],
    ] as const;
    expect(pixels.map((buffer) => [...buffer])).toEqual([
      new Array(12).fill(128),
      [...black, ...red, ...cream, ...red],
      [...black, ...red, ...red, ...black],
    ]);
  });

  it('makes large images smaller', async () => {
    const run = exampleRun();
    const size = { width: 1100, height: 700 };
    const labels = { ...size, data: new Uint8Array(1100 * 700).fill(1) };
    run.examples = [
      {
        id: 'large',
        image: { ...size, data: new Uint8Array(1100 * 700 * 3) },
        truth: labels,
        prediction: labels,
      },
    ];
    const uris = [...renderReport(run).matchAll(/data:image\/png;base64,([^"]*)/g)].map(([, data]) => data!);
    for (const uri of uris) {
      expect(await sharp(Buffer.from(uri, 'base64')).metadata()).toMatchObject({ width: 367, height: 234 });
    }
  });

  it('leaves out what there is nothing to show of', () => {
    const { metrics: _, ...run } = exampleRun();
    const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading);
    expect(headings(report)).toEqual(['Training', 'Loss', 'Validation', 'Classes', 'Examples', 'Settings']);
    expect(headings(renderReport({ ...run, stages: [], examples: [], config: {} }))).toEqual([]);
  });
});
