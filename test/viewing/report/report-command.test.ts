import { cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ReportData } from '../../../src/viewing/report/report-data.ts';
import { expectError, expectSuccess, fcn, temporaryFolder, tinyTraining } from '../../cli/fcn.ts';
import { makeVocFolder } from '../../cli/voc-folder.ts';

let folder: string;
let slow: string;
let fast: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  slow = path.join(folder, 'slow');
  fast = path.join(folder, 'fast');
  expectSuccess(await fcn(...tinyTraining(slow, '--iterations', '4')));
  expectSuccess(await fcn(...tinyTraining(fast, '--iterations', '6', '--learning-rate', '1e-2')));
}, 60_000);

async function dataOf(file: string): Promise<ReportData> {
  const [, json] = /id="report-data">(.*?)<\/script>/s.exec(await readFile(file, 'utf8'))!;
  return JSON.parse(json!);
}

describe('fcn report', () => {
  it('writes of one run what fcn train has written', async () => {
    const out = path.join(folder, 'new', 'one.html');
    const outcome = await fcn('report', slow, '--out', out);
    expectSuccess(outcome);
    expect(outcome.stdout).toBe(`report  file://${out}\n`);
    const [again, own] = [await dataOf(out), await dataOf(path.join(slow, 'report.html'))];
    expect({ ...again.runs[0], name: '' }).toEqual({ ...own.runs[0], name: '' });
    expect(again.galleries[0]!.groups).toEqual(own.galleries[0]!.groups);
  });

  it('says what a run was, and what came of it', async () => {
    const { title, runs, galleries } = await dataOf(path.join(fast, 'report.html'));
    const best = JSON.parse(await readFile(path.join(fast, 'best.json'), 'utf8'));
    expect(title).toBe('fcn32s-alexnet on shapes:?train=6&val=2&size=32');
    expect(runs[0]).toMatchObject({ trainImages: 6, metrics: best });
    expect(runs[0]!.command).toContain('--learning-rate 1e-2');
    expect(runs[0]!.stages[0]).toMatchObject({ iterations: 6, images: 6, epoch: 1, finished: true });
    expect(runs[0]!.stages[0]!.best!.meanIoU).toBe(best.meanIoU);
    expect(runs[0]!.curves.loss.iteration).toEqual([1, 2, 3, 4, 5, 6]);
    const { groups } = galleries[0]!;
    expect(groups.map(({ name, examples }) => [name, examples.length])).toEqual([['Images', 2]]);
    expect(groups[0]!.examples[0]!.image).toMatch(/^data:image\/webp;base64,/);
  });

  it('says so where a run that does not get better has ended early', async () => {
    const out = path.join(folder, 'still');
    const settings = ['--iterations', '9', '--learning-rate', '0', '--objective', 'ce+dice'];
    const outcome = await fcn(...tinyTraining(out, ...settings, '--validate-every', '1', '--patience', '2'));
    expectSuccess(outcome);
    expect(outcome.stderr).toContain(
      'ended after iteration 3 of 9: mean IoU has not improved in 2 validations, since iteration 1',
    );
    const { runs } = await dataOf(path.join(out, 'report.html'));
    expect(runs[0]!.stages[0]).toMatchObject({ iterations: 3, plannedIterations: 9, finished: true });
    expect(runs[0]!.config).toMatchObject({ objective: 'ce+dice', patience: 2 });
  });

  it('puts runs side by side, on the same images', async () => {
    const out = path.join(folder, 'two.html');
    expectSuccess(await fcn('report', slow, fast, '--out', out));
    const { title, runs, galleries } = await dataOf(out);
    expect(title).toBe('slow and fast');
    expect(runs.map(({ curves }) => curves.end)).toEqual([4, 6]);
    expect(galleries).toHaveLength(1);
    for (const { predictions } of galleries[0]!.groups[0]!.examples) expect(predictions).toHaveLength(2);
    // Two runs, two sets of scores: those that each has in its own report.
    const own = await dataOf(path.join(fast, 'report.html'));
    const scoreOf = (data: ReportData, run: number) =>
      new Map(data.galleries[0]!.groups[0]!.examples.map((e) => [e.id, e.predictions[run]!.meanIoU]));
    expect(new Map([...scoreOf(await dataOf(out), 1)].sort())).toEqual(new Map([...scoreOf(own, 0)].sort()));
  });

  it('without the data does without images, and says so', async () => {
    const voc = await makeVocFolder();
    const run = path.join(folder, 'gone');
    const training = tinyTraining(run, '--iterations', '1');
    training[training.indexOf('--data') + 1] = voc.spec;
    expectSuccess(await fcn(...training));
    await rm(voc.spec.slice('voc:'.length), { recursive: true });
    const out = path.join(folder, 'gone.html');
    const outcome = await fcn('report', run, '--out', out);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/^No images: .*there is no such folder\n$/);
    const { runs, galleries } = await dataOf(out);
    expect(runs[0]!.metrics).not.toBeNull();
    expect(galleries).toEqual([
      { note: expect.stringContaining('there is no such folder'), runs: [], legend: [], groups: [] },
    ]);
  });

  it('reports on a run that has only begun', async () => {
    const begun = path.join(folder, 'begun');
    await cp(slow, begun, { recursive: true });
    for (const file of ['best.safetensors', 'best.json', 'summary.json', 'val.csv', 'log.csv'])
      await rm(path.join(begun, file));
    const out = path.join(folder, 'begun.html');
    const outcome = await fcn('report', begun, '--out', out);
    expect(outcome.stderr).toMatch(/^No images: .*best\.safetensors: there is no such file yet\n$/);
    expect((await dataOf(out)).runs[0]).toMatchObject({ trainImages: null, metrics: null });
    const without = await fcn('report', begun, '--out', out, '--images', '0');
    expect(without.stderr).toBe('');
    expect((await dataOf(out)).galleries).toEqual([]);
  });

  it('refuses what is no run', async () => {
    const out = path.join(folder, 'none.html');
    expectError(await fcn('report', folder, '--out', out), 2, folder, /expected the folder of a run/);
    expectError(await fcn('report', slow, slow, '--out', out), 2, /twice/);
    expectError(await fcn('report', '--out', out), 2, /runs/);
  });
});
