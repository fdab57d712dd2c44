import { cp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { RunFolder } from '../../src/training/run-folder.ts';
import { train } from '../../src/training/train.ts';
import { temporaryFolder } from '../cli/fcn.ts';
import { fcnInside } from '../cli/inside.ts';
import { tinyRun } from './tiny-run.ts';

/** A run of ten iterations to whose files something happens after the fifth. */
async function runWhile(happens: (run: RunFolder) => Promise<unknown>) {
  const { run, prepared } = await tinyRun();
  const told: string[] = [];
  const training = train({
    ...prepared,
    run,
    events: { onDamaged: (what) => told.push(what) },
    onPause: async (iteration) => void (iteration === 5 && (await happens(run))),
  });
  return { run, told, training };
}

/** The columns of log.csv that do not depend on time. */
async function rowsOf(run: RunFolder): Promise<string[]> {
  return (await run.log.rows()).map((cells) => cells.filter((_, i) => i !== 4).join());
}

let whole: RunFolder;
let undisturbed: { log: string[]; validations: string[][] };
beforeAll(async () => {
  const { run, training } = await runWhile(async () => {});
  await training;
  whole = run;
  undisturbed = { log: await rowsOf(run), validations: await run.validations.rows() };
});

/** A run of its own that nothing happened to. */
async function wholeRun(): Promise<RunFolder> {
  const folder = await temporaryFolder();
  await cp(whole.folder, folder, { recursive: true });
  return new RunFolder(folder);
}

describe('a log that is taken away while the run goes on', () => {
  it('is brought back with all its rows where it was removed, which is said', async () => {
    const { run, told, training } = await runWhile(async (run) => {
      await rm(run.log.file);
      await rename(run.validations.file, `${run.validations.file}.moved`);
    });
    await training;
    expect(told).toEqual([
      expect.stringMatching(/log\.csv was removed/),
      expect.stringMatching(/val\.csv was removed/),
    ]);
    expect({ log: await rowsOf(run), validations: await run.validations.rows() }).toEqual(undisturbed);
  });

  it('is kept beside another file that is put in its place, and the run can go on', async () => {
    const { run, training } = await runWhile(async (run) => {
      await writeFile(`${run.log.file}.new`, 'mine');
      await rename(`${run.log.file}.new`, run.log.file);
    });
    await expect(training).rejects.toThrow(/another file in its place.*log\.csv\.kept/);
    expect(await readFile(run.log.file, 'utf8')).toBe('mine');
    expect((await fcnInside('train', '--resume', '--out', run.folder)).stderr).toMatch(
      /log\.csv: got the first/,
    );
    expect(await readFile(run.log.file, 'utf8')).toBe('mine');
    await rename(`${run.log.file}.kept`, run.log.file);
    expect((await fcnInside('train', '--resume', '--out', run.folder)).code).toBe(0);
    expect(await rowsOf(run)).toEqual(undisturbed.log);
  });

  it('stops the run with a checkpoint where it was cut', async () => {
    const { run, training } = await runWhile((run) => truncate(run.log.file, 60));
    await expect(training).rejects.toThrow(/shorter than before/);
    const refused = await fcnInside('train', '--resume', '--out', run.folder);
    expect(refused.stderr).toMatch(/log\.csv: .*--resume --force/);
    expect(refused.code).toBe(2);
    const forced = await fcnInside('train', '--resume', '--force', '--out', run.folder);
    expect(forced.stderr).toMatch(/warning: .*log\.csv is damaged or was removed/);
    expect(forced.code).toBe(0);
    expect(await rowsOf(run)).toEqual(undisturbed.log.slice(5));
  });
});

describe('a log that is not what the run has written', () => {
  it.each([
    ['gone', /no such file/, (run: RunFolder) => rm(run.validations.file)],
    ['empty', /no row for iteration 1/, (run: RunFolder) => writeFile(run.log.file, '')],
    [
      'another file',
      /got the first line 'time,event'/,
      (run: RunFolder) => writeFile(run.log.file, 'time,event\n'),
    ],
    ['damaged', /line 3 is '\?/, async (run: RunFolder) => damage(run.validations.file, 3)],
    ['damaged', /no row for iteration 2/, async (run: RunFolder) => damage(run.log.file, 3)],
  ])('(%s) is named by --resume', async (_, problem, happens) => {
    const run = await wholeRun();
    await happens(run);
    const { stderr, code } = await fcnInside('train', '--resume', '--iterations', '12', '--out', run.folder);
    expect({ stderr: stderr.split('\n').filter((line) => line.startsWith('fcn: ')), code }).toEqual({
      stderr: [expect.stringMatching(problem)],
      code: 2,
    });
  });

  it('says so in the report', async () => {
    const run = await wholeRun();
    const out = `${run.folder}/of-damaged.html`;
    const reporting = ['report', run.folder, '--images', '0', '--out', out];
    const files: [string, RegExp][] = [
      [run.log.file, /log\.csv: .*expected iteration,epoch.*; restore the file/],
      [run.validations.file, /val\.csv: .*; restore the file/],
      [run.bestMetrics, /metrics .*best\.json: .*; remove it/],
      [run.summary, /summary\.json: .*; remove it/],
      [run.configFile, /config\.json: .*; restore it/],
    ];
    for (const [file, problem] of files) {
      const before = await readFile(file);
      for (const content of ['', '{"images": 1}']) {
        if (content === '' && file.endsWith('.csv')) continue; // a log without rows is no damaged one
        await writeFile(file, content);
        const { stderr, code } = await fcnInside(...reporting);
        expect(stderr).toMatch(problem);
        expect(stderr.trim().split('\n')).toHaveLength(1);
        expect(code).toBe(2);
      }
      await writeFile(file, before);
    }
    expect((await fcnInside(...reporting)).code).toBe(0);
  });
});

/** Makes a line unreadable. */
async function damage(file: string, number: number): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  lines[number - 1] = '?'.repeat(20);
  await writeFile(file, lines.join('\n'));
}
