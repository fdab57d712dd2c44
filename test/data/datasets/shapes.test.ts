import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { ignoreLabel } from '../../../src/data/images/image.ts';
import { sha256 } from '../helpers.ts';

describe('shapes:', () => {
  it('has the stated defaults', async () => {
    const train = await openDataset('shapes:', 'train');
    const val = await openDataset('shapes:?', 'val');
    expect([train.ids.length, val.ids.length, train.classes.length]).toEqual([200, 50, 6]);
    expect(train.classes[0]).toBe('background');
    const { image, label } = await train.load(0);
    expect([image.width, image.height, label.width, label.height]).toEqual([96, 96, 96, 96]);
  });

  // These were computed once. A change of them changes what every user's `shapes:` results mean: do not.
  it('is the same on every machine, to the bit', async () => {
    const hashes = async (spec: string, split: string, index: number) => {
      const { image, label } = await (await openDataset(spec, split)).load(index);
      return [sha256(image.data).slice(0, 16), sha256(label.data).slice(0, 16)];
    };
    expect({
      first: await hashes('shapes:', 'train', 0),
      last: await hashes('shapes:', 'val', 49),
      other: await hashes('shapes:?size=64&classes=13&seed=7', 'train', 3),
    }).toMatchInlineSnapshot(`
      {
        "first": [
          "83603340db66f9bc",
          "30bbbe1a1743f877",
        ],
        "last": [
          "97122179cf75f795",
          "d05517c04ad31a72",
        ],
        "other": [
          "83a6c7f96a1e136b",
          "e6b92c990beb9ba2",
        ],
      }
    `);
  });

  it('gives image i whatever was loaded before, and however many images there are', async () => {
    const many = await openDataset('shapes:?train=500', 'train');
    const few = await openDataset('shapes:?train=5', 'train');
    const expected = await many.load(3);
    await few.load(1);
    expect(await few.load(3)).toEqual(expected);
    expect(await few.loadLabel(3)).toEqual(expected.label);
  });

  it('differs by index, split and seed', async () => {
    const seen = new Set<string>();
    for (const seed of [0, 1]) {
      for (const split of ['train', 'val']) {
        const dataset = await openDataset(`shapes:?size=32&seed=${seed}`, split);
        for (let i = 0; i < 10; i++) seen.add(sha256((await dataset.load(i)).image.data));
      }
    }
    expect(seen.size).toBe(40);
  });

  it('shows every class, mostly background, with a border of void between any two regions', async () => {
    const dataset = await openDataset('shapes:?train=100&classes=13', 'train');
    const pixels = new Array<number>(256).fill(0);
    let touching = 0;
    for (let index = 0; index < 100; index++) {
      const { width, data } = await dataset.loadLabel(index);
      for (let i = 0; i < data.length; i++) {
        pixels[data[i]!]!++;
        // Labels that touch to the right or below are the same, or one of them is void.
        for (const next of [(i + 1) % width === 0 ? undefined : data[i + 1], data[i + width]]) {
          if (next !== undefined && next !== data[i] && next !== ignoreLabel && data[i] !== ignoreLabel)
            touching++;
        }
      }
    }
    expect(touching).toBe(0);
    const total = 100 * 96 * 96;
    expect(pixels.slice(0, 13).every((count) => count > total * 0.002)).toBe(true);
    expect(pixels.slice(13, 255).every((count) => count === 0)).toBe(true);
    expect(pixels[0]! / total).toBeGreaterThan(0.5);
    expect(pixels[0]! / total).toBeLessThan(0.85);
    expect(pixels[ignoreLabel]! / total).toBeLessThan(0.1);
  });

  it('has no class that a color gives away', async () => {
    const dataset = await openDataset('shapes:?train=200', 'train');
    const sums = dataset.classes.map(() => [0, 0, 0, 0]);
    for (let index = 0; index < 200; index++) {
      const { image, label } = await dataset.load(index);
      label.data.forEach((value, i) => {
        if (value === ignoreLabel) return;
        for (let c = 0; c < 3; c++) sums[value]![c]! += image.data[i * 3 + c]!;
        sums[value]![3]!++;
      });
    }
    for (const [r, g, b, n] of sums) {
      for (const sum of [r!, g!, b!]) expect(Math.abs(sum / n! - 120)).toBeLessThan(30);
    }
  });

  it('names each kind of object once', async () => {
    const { classes } = await openDataset('shapes:?classes=37', 'train');
    expect(new Set(classes).size).toBe(37);
    expect(new Set(classes.slice(1, 7).map((name) => name.split(' ')[0])).size).toBe(6);
    expect(new Set(classes.slice(1, 7).map((name) => name.split(' ')[1])).size).toBe(6);
  });

  it('refuses unknown or bad parameters and splits', async () => {
    const refuse = (spec: string, message: RegExp, split = 'train') => {
      const opened = openDataset(spec, split);
      return Promise.all([
        expect(opened).rejects.toThrow(message),
        expect(opened).rejects.toMatchObject({ exitCode: 2 }),
      ]);
    };
    await refuse('shapes:?colour=1', /unknown parameter 'colour', expected one of: train, val, size/);
    await refuse('shapes:?toString=1', /unknown parameter 'toString'/);
    await refuse('shapes:size=64', /expected shapes: or shapes:\?NAME=VALUE/);
    await refuse('shapes:?size=64&size=64', /got 'size' twice/);
    await refuse('shapes:?size=16', /got size '16', expected an integer 32\.\.1024/);
    await refuse('shapes:?classes=1', /got classes '1', expected an integer 2\.\.37/);
    await refuse('shapes:?classes=38', /got classes '38'/);
    for (const text of ['', '-1', '1.5', '1e3', 'ten', '0x10', ' 5']) {
      await refuse(`shapes:?train=${text}`, /got train '.*', expected an integer 1\.\.1000000/);
    }
    await refuse('shapes:', /split 'test': not in shapes:, expected one of: train, val/, 'test');
  });
});
