import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { LabelImage, RgbImage } from '../../../src/data/images/image.ts';
import { renderOverlay } from '../../../src/data/images/overlay.ts';
import { drawText, isDrawable, textHeight, textWidth } from '../../../src/data/images/pixel-font.ts';

const image: RgbImage = { width: 200, height: 2, data: new Uint8Array(200 * 2 * 3).fill(100) };
const classes: LabelImage = { width: 200, height: 2, data: new Uint8Array(200 * 2) };
classes.data[1] = 15;
const names = ['background', ...Array.from({ length: 14 }, (_, i) => `class ${i + 1}`), 'person'];

async function decoded(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ];
  const colors = new Set<string>();
  for (let y = 2; y < info.height; y++) for (let x = 0; x < info.width; x++) colors.add(pixel(x, y).join());
  return { width: info.width, height: info.height, pixel, legendColors: colors };
}

describe('renderOverlay', () => {
  it('blends each pixel with the color of its class', async () => {
    const overlay = await decoded(await renderOverlay(image, classes, names, { opacity: 0.25 }));
    expect(overlay.width).toBe(200);
    expect(overlay.pixel(0, 0)).toEqual([75, 75, 75]); // black background
    expect(overlay.pixel(1, 0)).toEqual([123, 107, 107]); // 0.75 * 100 + 0.25 * (192, 128, 128)
  });

  it('has a legend of the classes that occur, and no others', async () => {
    const overlay = await decoded(await renderOverlay(image, classes, names));
    expect(overlay.legendColors).toContain('192,128,128');
    expect(overlay.legendColors).not.toContain('0,128,0');
    const renamed = [...names.slice(0, 15), 'parson'];
    expect(await renderOverlay(image, classes, renamed)).not.toEqual(
      await renderOverlay(image, classes, names),
    );
  });

  it('grows wider rather than cutting a long name off', async () => {
    const long = 'x'.repeat(100);
    const overlay = await decoded(await renderOverlay(image, classes, [long]));
    expect(overlay.width).toBeGreaterThan(textWidth(long));
    expect(overlay.pixel(0, 1)).toEqual([50, 50, 50]);
    expect(overlay.pixel(200, 1)).toEqual([255, 255, 255]);
  });

  it('falls back to the class number for scripts that the font lacks', async () => {
    const [foreign, numbered] = await Promise.all(
      ['道路', 'class 0'].map((name) => renderOverlay(image, classes, [name])),
    );
    expect(foreign).toEqual(numbered);
  });

  it('refuses classes of another size', async () => {
    await expect(renderOverlay(image, { ...classes, width: 100, height: 4 }, names)).rejects.toThrow(
      'got classes of 100x4',
    );
  });
});

describe('pixel font', () => {
  it('draws every printable character in a shape of its own', () => {
    const shapes = new Map<string, string>();
    for (let code = 32; code < 127; code++) {
      const letter = String.fromCharCode(code);
      const cell: RgbImage = {
        width: textWidth(letter),
        height: textHeight,
        data: new Uint8Array(6 * 9 * 3),
      };
      drawText(cell, letter, 0, 0, 1, [1, 1, 1]);
      const shape = cell.data.join('');
      expect(shapes.get(shape), `${letter} looks like another character`).toBeUndefined();
      shapes.set(shape, letter);
    }
  });

  it('draws accented letters as plain ones and knows what it lacks', () => {
    expect(isDrawable('Straßenbahn')).toBe(false);
    expect(isDrawable('vélo')).toBe(true);
    expect(textWidth('vélo')).toBe(textWidth('velo'));
  });
});
