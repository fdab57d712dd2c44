import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, watch } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '../../src/base/rng.ts';
import { type Outcome, startFcn, tinyData } from '../cli/fcn.ts';
import { tracesOf } from '../cli/run-traces.ts';

/** A training in three stages, with everything random switched on, validations and checkpoints at different iterations. */
const stages = ['fcn32s', 'fcn16s', 'fcn8s'];
const training = (out: string) => [
  ...['train', '--resume', '--out', out, '--data', tinyData, '--model', 'fcn8s', '--stages', '32s,16s,8s'],
  ...[
    '--width',
    '0.03125',
    '--threads',
    '1',
    '--learning-rate',
    '1e-3',
    '--crop',
    '24x30',
    '--augment',
    'flip',
  ],
  ...['--val-size', 'native', '--iterations', '7', '--validate-every', '3', '--checkpoint-every', '2'],
];

/** Moments to kill at: when a file of that name changes. A number picks one of them at random. */
const moments: ReadonlyMap<string, RegExp> = new Map([
  ['the settings are written', /(config|stages)\.json/],
  ['the lock is taken', /\.lock/],
  ['an iteration ends', /log\.csv$/],
  ['a checkpoint is written', /iteration-\d+\.safetensors\.\d+\.tmp$/],
  ['a checkpoint is in its place', /iteration-\d+\.safetensors$/],
  ['the best is written', /[^/]*best\.(safetensors|json)\.\d+\.tmp$/],
  ['the best is in its place, or set aside', /best\.(safetensors|json)$|no-best/],
  ['a validation ends', /val\.csv$/],
  ['a stage begins', /fcn(16|8)s\/(log\.csv|checkpoints)$/],
  ['a stage ends', /(last\.safetensors|summary\.json)/],
  ['the report is written', /report\.html/],
]);
const anyTime = 'anything goes on';

export interface KillReport {
  /** By the moment. */
  readonly kills: Record<string, number>;
  readonly runs: number;
  /** What is not as it should be, a line each. */
  readonly faults: readonly string[];
}

/**
 * Kills staged trainings over and over (SIGKILL) and resumes them, until there were so many kills. Each training ends with
 * a start that nothing disturbs, and must then be, byte for byte, what an undisturbed one is.
 * @param folder an empty one for the runs
 * @param killsOfRun the most kills of one training
 */
export async function killTrainings(
  folder: string,
  { kills: wanted, killsOfRun, seed }: { kills: number; killsOfRun: number; seed: number },
  onRun: (report: KillReport) => void = () => {},
): Promise<KillReport> {
  const stream = random('kills', String(seed));
  const whole = path.join(folder, 'whole');
  const start = performance.now();
  const undisturbed = await startFcn(...training(whole)).ended;
  if (undisturbed.code !== 0) throw new Error(undisturbed.stderr);
  const usual = performance.now() - start;
  const expected = await digestOf(whole);

  const kills: Record<string, number> = {};
  const faults: string[] = [];
  let runs = 0;
  let total = 0;
  while (total < wanted) {
    const out = path.join(folder, `run-${runs}`);
    mkdirSync(out);
    runs += 1;
    const most = Math.min(wanted - total, 1 + stream.integer(killsOfRun));
    for (let n = 0; n < most; n++) {
      const names = [...moments.keys(), anyTime];
      const moment = names[stream.integer(names.length)]!;
      const nth = 1 + stream.integer(3);
      const delay = stream.integer(4) === 0 ? stream.integer(40) : 0;
      const outcome = await killAt(out, moment, nth, moment === anyTime ? stream.uniform() * usual : delay);
      if (outcome.signal === 'SIGKILL') {
        kills[moment] = (kills[moment] ?? 0) + 1;
        total += 1;
      } else if (outcome.code !== 0) {
        faults.push(
          `${out}: a start before the kill "${moment}" ended in ${outcome.code}: ${outcome.stderr}`,
        );
      } else break; // it has ended before the moment came
    }
    const last = await startFcn(...training(out)).ended;
    if (last.code !== 0) faults.push(`${out}: the last start ended in ${last.code}: ${last.stderr}`);
    else {
      const got = await digestOf(out);
      const different = Object.keys(expected).filter((name) => got[name] !== expected[name]);
      if (different.length > 0) faults.push(`${out}: other ${different.join(', ')}`);
      else await rm(out, { recursive: true });
    }
    onRun({ kills, runs, faults });
  }
  return { kills, runs, faults };
}

/** Starts or resumes a training and kills it some milliseconds after a moment has come for the nth time. */
async function killAt(out: string, moment: string, nth: number, delay: number): Promise<Outcome> {
  const { child, ended } = startFcn(...training(out));
  const over = new AbortController();
  const pattern = moments.get(moment);
  if (pattern) {
    let seen = 0;
    const watcher = watch(out, { recursive: true, signal: over.signal }, (_, name) => {
      if (!name || !pattern.test(name) || ++seen < nth) return;
      if (delay === 0) child.kill('SIGKILL');
      else setTimeout(() => child.kill('SIGKILL'), delay);
    });
    watcher.on('error', () => undefined); // a temporary file that is gone before it can be watched
  } else {
    void sleep(delay).then(() => child.kill('SIGKILL'));
  }
  const hanging = setTimeout(() => child.kill('SIGABRT'), 300_000);
  const outcome = await ended;
  clearTimeout(hanging);
  over.abort();
  return outcome;
}

/** SHA-256 of each trace of each stage, and what files there are. */
async function digestOf(out: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = { files: (await readdir(out)).sort().join(' ') };
  for (const stage of stages) {
    for (const [name, trace] of Object.entries(await tracesOf(path.join(out, stage)))) {
      digests[`${stage} ${name}`] = createHash('sha256').update(JSON.stringify(trace)).digest('hex');
    }
    const config = JSON.parse(readFileSync(path.join(out, stage, 'config.json'), 'utf8'));
    digests[`${stage} digests`] = JSON.stringify(config.dataDigests);
  }
  return digests;
}
