import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { ignoreLabel } from '../../../src/data/images/image.ts';
import { chooseGroups, imageScore } from '../../../src/viewing/report/gallery.ts';
import { html, jsonData } from '../../../src/viewing/report/html.ts';
import { renderReport } from '../../../src/viewing/report/page.ts';
import { errorAddress, imageAddress, labelAddress } from '../../../src/viewing/report/pictures.ts';
import { exampleReport, hostile } from './example-run.ts';

const bytesOf = (address: string) => Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');

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

describe('renderReport', async () => {
  const data = await exampleReport();
  const report = renderReport(data);

  it('needs nothing from the network', () => {
    expect(report).not.toMatch(/https?:/);
    expect(report).not.toMatch(/<iframe|@import|connect-src|'self'/);
    for (const [, address] of report.matchAll(/(?:src|href)\s*=\s*"([^"]*)/g))
      expect(address).toMatch(/^(data:|#)/);
  });

  it('lets no text become markup', () => {
    expect(report).not.toContain('<b title');
    expect(report.match(/<script/g)).toHaveLength(3);
    expect(report.match(/<\/script/g)).toHaveLength(3);
  });

  it('holds its data, whole', () => {
    const [, json] = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(report)!;
    expect(JSON.parse(json!)).toEqual(data);
  });

  it('may ask its own server where it has one', () => {
    const served = renderReport(data, { style: '.live {}', script: 'follow()' });
    expect(served).toContain("connect-src 'self'");
    expect(served).toContain('.live {}');
    expect(served).toContain('<script>follow()</script>');
  });
});

describe('pictures', () => {
  const size = { width: 2, height: 2 };
  const truth = { ...size, data: Uint8Array.from([0, 1, ignoreLabel, 1]) };
  const prediction = { ...size, data: Uint8Array.from([0, 1, 1, 0]) };

  it('shows labels in the colors of VOC', async () => {
    const pixels = await sharp(bytesOf(labelAddress(truth)))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect([...pixels]).toEqual([0, 0, 0, 128, 0, 0, 224, 224, 192, 128, 0, 0]);
  });

  it('shows errors: right pixels are clear, void ones gray', async () => {
    const pixels = await sharp(bytesOf(await errorAddress(truth, prediction)))
      .raw()
      .toBuffer();
    expect([...pixels]).toEqual([
      ...[0, 0, 0, 0],
      ...[0, 0, 0, 0],
      ...[128, 128, 128, 255],
      ...[255, 48, 80, 255],
    ]);
  });

  it('makes large images smaller, all to one size, and not much different', async () => {
    const large = { width: 1100, height: 700 };
    const image = { ...large, data: new Uint8Array(1100 * 700 * 3).fill(90) };
    const labels = { ...large, data: new Uint8Array(1100 * 700).fill(1) };
    const wrong = { ...large, data: new Uint8Array(1100 * 700).fill(2) };
    const addresses = [await imageAddress(image), labelAddress(labels), await errorAddress(labels, wrong)];
    for (const address of addresses)
      expect(await sharp(bytesOf(address)).metadata()).toMatchObject({ width: 367, height: 234 });
    const { channels } = await sharp(bytesOf(addresses[0]!)).stats();
    for (const { min, max } of channels) {
      expect(min).toBeGreaterThan(85);
      expect(max).toBeLessThan(95);
    }
  });
});

describe('gallery', () => {
  it('scores an image over the classes that are in it', () => {
    const of = (...labels: number[]) => ({ width: labels.length, height: 1, data: Uint8Array.from(labels) });
    const classes = ['a', 'b', 'c'];
    // a: 1 of 2, b: 1 of 2; c is nowhere.
    expect(imageScore(of(0, 1, 1, ignoreLabel), of(0, 1, 0, 2), classes)).toBeCloseTo(1 / 2, 12);
    expect(imageScore(of(ignoreLabel), of(0), classes)).toBeNull();
  });

  it('chooses the best, those around the median and the worst, none twice', () => {
    const scored = [0.3, 0.9, null, 0.1, 0.5, 0.7, 0.2, 0.8, 0.6, 0.4].map((meanIoU) => ({ meanIoU }));
    const groups = chooseGroups(scored).map(({ name, members }) => [name, members.map((m) => m.meanIoU)]);
    expect(groups).toEqual([
      ['Best', [0.9, 0.8, 0.7]],
      ['Median', [0.6, 0.5, 0.4]],
      ['Worst', [0.1, 0.2, 0.3]],
    ]);
    const many = Array.from({ length: 101 }, (_, i) => ({ meanIoU: i / 100 }));
    expect(chooseGroups(many)[1]!.members.map(({ meanIoU }) => meanIoU)).toEqual([0.52, 0.51, 0.5, 0.49]);
  });

  it('shows all where there are too few, and nothing where there is nothing', () => {
    expect(chooseGroups([{ meanIoU: 0.1 }, { meanIoU: 0.2 }])).toEqual([
      { name: 'Images', members: [{ meanIoU: 0.2 }, { meanIoU: 0.1 }] },
    ]);
    expect(chooseGroups([{ meanIoU: null }])).toEqual([]);
  });
});
