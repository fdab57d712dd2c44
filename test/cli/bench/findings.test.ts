import { describe, expect, it } from 'vitest';
import { benchCsv } from '../../../src/cli/bench/bench-csv.ts';
import { formatFindings } from '../../../src/cli/bench/bench-table.ts';
import { findingsOf, isMet } from '../../../src/cli/bench/findings.ts';
import { shareOutside, timeOfRun } from '../../../src/cli/bench/outside.ts';
import { targetRows } from '../../../src/cli/bench/rows.ts';

const row = targetRows[0]!; // time at most 0.60, memory 0.90
const steady = (ms: number) => [ms, ms, ms];
const result = (name: string, times: number[], peakRssMb: number) => ({ name, times, peakRssMb });

describe('findings', () => {
  it('compare with the best form of PyTorch, which is another one for time and for memory', () => {
    const results = [
      result('fcn', steady(1000), 2048),
      result('PyTorch', steady(2500), 2100),
      result('PyTorch, channels last', steady(2000), 3000),
    ];
    const [time, memory] = findingsOf({ row, results }, 8);
    expect(time).toMatchObject({ theirs: { name: 'PyTorch, channels last' }, ratio: { value: 0.5 } });
    expect(memory).toMatchObject({ theirs: { name: 'PyTorch' }, ratio: 2048 / 2100 });
    expect([isMet(time!), isMet(memory!)]).toEqual([true, false]);
    const table = formatFindings([time!, memory!]);
    expect(table).toMatch(/training step, 224x224 +1\.00 s .*2\.00 s .*channels last +0\.50 .*0\.6 +yes/);
    expect(table).toMatch(/2\.00 GB +2\.05 GB PyTorch +0\.98 +0\.9 +no/);
  });

  it('print no ratio and no verdict where the spread hides it, and say what to do', () => {
    const results = [result('fcn', [500, 1500, 900], 1), result('PyTorch', [2000, 2000, 2000], 1)];
    const [time] = findingsOf({ row, results }, 8);
    expect(isMet(time!)).toBeUndefined();
    const table = formatFindings([time!]);
    expect(table).toMatch(/open \(0\.25-0\.75\) +0\.6 +-/);
    expect(table).toContain('more --rounds');
  });

  it('take the memory of a form that was dropped, but not its time', () => {
    const results = [
      result('fcn', steady(1), 1),
      result('PyTorch', [], 10),
      result('PyTorch, channels last', steady(2), 20),
    ];
    const [time, memory] = findingsOf({ row, results }, 8);
    expect(time!.theirs!.name).toBe('PyTorch, channels last');
    expect(memory!.ratio).toBe(0.1);
  });

  it('are our figures alone where there is no PyTorch', () => {
    const findings = findingsOf({ row, results: [result('fcn', steady(1), 1)] }, 8);
    expect(findings.map(isMet)).toEqual([undefined, undefined]);
    expect(formatFindings(findings)).toMatch(/training step, 224x224 +1 ms \(1-1\) +- +- +0\.6 +-/);
  });
});

describe('the CSV', () => {
  it('has a line for each contender, as long as the header', () => {
    const results = [result('fcn', steady(1), 1), result('PyTorch', [], 10)];
    const settings = {
      model: 'fcn8s',
      width: 1,
      threads: 2,
      device: 'cpu',
      python: undefined,
      images: 8,
    } as const;
    const outside = { row: targetRows.at(-1)!, results: [], timeOfRun: timeOfRun(runOf(), 0, 2000) };
    const text = benchCsv([{ row, results }, outside], { ...settings, say: () => {} });
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.split(',').length)).size).toBe(1);
    expect(lines[1]).toMatch(/,fcn,train,fcn8s,1,224,224,2,\d+,1\.0,1\.0,1\.0,3,1,/);
  });
});

/**
 * A run of 10 steps of 100 ms that begins at 1000: 2 ms after each, 50 ms for a checkpoint after 4 and 8, and after 6
 * a validation of 3 images, 10 ms each and 3 ms between them, that takes 20 ms besides.
 */
function runOf() {
  const runs: { isStep: boolean; start: number; end: number }[] = [];
  let now = 1000;
  const run = (isStep: boolean, ms: number) => {
    runs.push({ isStep, start: now, end: now + ms });
    now += ms;
  };
  for (let iteration = 1; iteration <= 10; iteration++) {
    run(true, iteration <= 2 ? 300 : 100);
    now += 2;
    if (iteration % 4 === 0) now += 50;
    if (iteration !== 6) continue;
    for (let image = 0; image < 3; image++) {
      run(false, 10);
      now += image < 2 ? 3 : 0;
    }
    now += 20;
  }
  return runs;
}

describe('the time of a training run', () => {
  const time = timeOfRun(runOf(), 400, 3000);

  it('is taken apart', () => {
    expect(time.step).toBeCloseTo(100);
    expect(time.inference).toBeCloseTo(10);
    expect(time.iteration).toBeCloseTo(2);
    expect(time.checkpoint).toBeCloseTo(50);
    expect(time.image).toBeCloseTo(3);
    expect(time.validation).toBeCloseTo(20);
    expect(time.startUp).toBeCloseTo(600);
  });

  it('is put together to an epoch of VOC 2012 with the default intervals', () => {
    const outside = 1464 * 2 + (1464 / 500) * 50 + 1449 * 3 + 20;
    const inside = 1464 * 100 + 1449 * 10;
    expect(shareOutside(time)).toBeCloseTo(outside / (outside + inside), 10);
  });
});
