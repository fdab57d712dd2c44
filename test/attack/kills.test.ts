import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../cli/fcn.ts';
import { killTrainings } from './kills.ts';

/** `FCN_KILLS=500 npx vitest run test/attack/kills.test.ts` is the long form; FCN_KILLS_REPORT names a file for the totals. */
const kills = Number(process.env.FCN_KILLS ?? 5);
const seed = Number(process.env.FCN_KILLS_SEED ?? 1);
const report = process.env.FCN_KILLS_REPORT;

it(`a staged training that is killed at ${kills} moments ends as an undisturbed one`, {
  timeout: 60_000 + 60_000 * kills,
}, async () => {
  const folder = await temporaryFolder();
  const found = await killTrainings(folder, { kills, killsOfRun: 16, seed }, (soFar) => {
    if (report) writeFileSync(report, `${JSON.stringify(soFar, null, 2)}\n`);
  });
  expect(found.faults).toEqual([]);
  const total = Object.values(found.kills).reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThanOrEqual(kills);
});
