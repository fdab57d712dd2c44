import { existsSync } from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { withSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { train } from '../../../src/training/train.ts';
import { LiveFolder } from '../../../src/viewing/watch/live-folder.ts';
import { Snapshots, thinOut } from '../../../src/viewing/watch/snapshots.ts';
import type { Model } from '../../../src/weights/model.ts';
import { temporaryFolder } from '../../cli/fcn.ts';
import { twoLabelings } from '../../data/two-labelings.ts';
import { tinyRun } from '../../training/tiny-run.ts';
import { randomModel } from '../../weights/models.ts';

let prepared: Awaited<ReturnType<typeof tinyRun>>['prepared'];
let network: Model;
let live: LiveFolder;
let snapshots: Snapshots;
beforeAll(async () => {
  ({ prepared } = await tinyRun());
  network = { config: prepared.config.model, weights: prepared.weights };
});
beforeEach(async () => {
  live = new LiveFolder(path.join(await temporaryFolder(), 'live'));
  snapshots = new Snapshots(live, prepared.config, prepared.valSet!);
});

describe('live predictions', () => {
  it('are made for those who watch only, and leave nothing otherwise', async () => {
    await snapshots.takeIfDue(1, network);
    expect(existsSync(live.folder)).toBe(false);

    await live.announce();
    expect(live.isWatched()).toBe(true);
    await snapshots.takeIfDue(2, network);
    expect((await live.examples())[0]!.predictions.map(({ iteration }) => iteration)).toEqual([2]);
    await snapshots.release();

    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path.join(live.folder, 'watched'), longAgo, longAgo);
    expect(live.isWatched()).toBe(false);
    await live.announce();
    await live.leave();
    expect(live.isWatched()).toBe(false);
  });

  it('are what the network predicts, beside the truth', async () => {
    await live.announce();
    await snapshots.takeIfDue(7, network);
    await snapshots.release();
    const sample = await prepared.valSet!.load(0);
    const [example] = await live.examples();
    expect(example).toMatchObject({ id: sample.id, width: 32, height: 32 });
    const labelsOf = async (name: string) => decodeLabelPng(await readFile(live.picture(name)!), name).data;
    expect(await labelsOf(example!.truth)).toEqual(sample.label.data);

    const { data } = await withSegmenter(network, { threads: 1 }, (s) => s.segment(sample.image));
    const { file, pixelAccuracy } = example!.predictions[0]!;
    expect(await labelsOf(file)).toEqual(data);
    const valid = [...sample.label.data.keys()].filter((i) => sample.label.data[i] !== 255);
    const right = valid.filter((i) => sample.label.data[i] === data[i]);
    expect(pixelAccuracy).toBeCloseTo(right.length / valid.length, 10);
  });

  it('are shown of every head', async () => {
    const data = await twoLabelings('shapes:?val=1&size=32&classes=4', 'val');
    const heads = data.labelings!.map(({ name, classes }) => ({ name, classes: [...classes] }));
    const model = randomModel({
      model: 'fcn8s-squeezenet',
      numClasses: 4,
      classes: heads[0]!.classes,
      heads,
      width: 1 / 16,
    });
    const config = { ...prepared.config, model: model.config };
    const both = new Snapshots(live, config, data);
    await live.announce();
    await both.takeIfDue(3, model);
    await both.release();
    const { id, image, label, otherLabels } = await data.load(0);
    const examples = await live.examples();
    expect(examples.map((example) => example.id)).toEqual([`${id} (shape)`, `${id} (place)`]);
    const predicted = await withSegmenter(model, { threads: 1 }, (s) => s.segmentHeads(image));
    for (const [i, example] of examples.entries()) {
      const labelIn = async (name: string) => decodeLabelPng(await readFile(live.picture(name)!), name).data;
      expect(await labelIn(example.truth)).toEqual([label, ...otherLabels!][i]!.data);
      expect(await labelIn(example.predictions[0]!.file)).toEqual(predicted[i]!.data);
    }
  });

  it('wait between one and the next', async () => {
    await live.announce();
    for (const iteration of [1, 2, 3]) await snapshots.takeIfDue(iteration, network);
    await snapshots.release();
    expect(await live.examples()).toHaveLength(1);
  });

  it('of iterations that a resumed run makes again are replaced', async () => {
    await live.announce();
    await snapshots.takeIfDue(5, network);
    await snapshots.release();
    for (const iteration of [9, 4]) {
      const resumed = new Snapshots(live, prepared.config, prepared.valSet!);
      await resumed.takeIfDue(iteration, network);
      await resumed.release();
    }
    expect((await live.examples())[0]!.predictions.map(({ iteration }) => iteration)).toEqual([4]);
  });

  it('are thinned out, over the whole run', () => {
    let kept: number[] = [];
    for (let iteration = 1; iteration <= 1000; iteration++) kept = thinOut([...kept, iteration]).kept;
    expect(kept.length).toBeLessThanOrEqual(16);
    expect([kept[0], kept.at(-1)]).toEqual([1, 1000]);
    const { kept: left, dropped } = thinOut(Array.from({ length: 17 }, (_, i) => i));
    expect([...left, ...dropped].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, i) => i));
  });

  it('do not change what is learned', async () => {
    const weights = [];
    for (const watched of [false, true]) {
      const { run, prepared } = await tinyRun({ duration: { iterations: 4 } });
      const folder = new LiveFolder(run.live);
      const { config, valSet } = prepared;
      let taken = 0;
      await train({
        ...prepared,
        run,
        onPause: async (iteration, network) => {
          if (!watched) return;
          await folder.announce();
          const fresh = new Snapshots(folder, config, valSet!); // each is due at once
          await fresh.takeIfDue(iteration, network);
          await fresh.release();
          taken += 1;
        },
      });
      expect(taken).toBe(watched ? config.iterations : 0);
      expect((await readdir(run.folder)).includes('live')).toBe(watched);
      weights.push(await readFile(run.last));
    }
    expect(weights[0]!.equals(weights[1]!)).toBe(true);
  });
});

describe('the folder of live predictions', () => {
  it('hands out its pictures only', async () => {
    await live.open();
    await writeFile(path.join(live.folder, '0-image.png'), 'picture');
    await writeFile(path.join(live.folder, '..', '0-image.png'), 'secret');
    await writeFile(path.join(live.folder, 'other.png'), 'secret');
    expect(await readFile(live.picture('0-image.png')!, 'utf8')).toBe('picture');
    for (const name of ['../0-image.png', 'other.png', 'examples.json', '..', '', '0-image.png/']) {
      expect(live.picture(name), name).toBeUndefined();
    }
  });

  it('that somebody else has written to is told of', async () => {
    await live.open();
    const example = {
      id: 'a',
      width: 1,
      height: 1,
      image: '../../x.png',
      truth: '0-truth.png',
      predictions: [],
    };
    await writeFile(live.list, JSON.stringify([example]));
    await expect(live.examples()).rejects.toMatchObject({ message: expect.stringContaining(live.list) });
  });
});
