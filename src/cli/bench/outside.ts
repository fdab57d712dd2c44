import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../base/errors.ts';
import { fcnProgram } from './contender.ts';
import type { SessionRun } from './session-clock.ts';

/** Where the time of a training run goes. All in milliseconds. */
export interface TimeOfRun {
  /** In the session, for an iteration and for an image of a validation. */
  readonly step: number;
  readonly inference: number;
  /** Outside of it: for an iteration, a checkpoint, an image of a validation, and once a validation. */
  readonly iteration: number;
  readonly checkpoint: number;
  readonly image: number;
  readonly validation: number;
  /** Once a run: from its start to the first step, and from the end of its last validation. */
  readonly startUp: number;
  readonly end: number;
}

/** The short run that is measured. Its checkpoints and validations fall on different iterations. */
export const measuredRun = { iterations: 10, checkpointEvery: 4, validateEvery: 6 } as const;

/** Iterations that touch memory for the first time. */
const warmup = 2;

/** PASCAL VOC 2012 with the defaults of `fcn train`: a validation an epoch, a checkpoint every 500 iterations. */
const voc = { train: 1464, val: 1449, checkpointEvery: 500 } as const;

/**
 * Runs `fcn train`, as it is, and takes its time apart.
 * @param args of `fcn train`, besides the length of the run and its folder
 * @param scratch folder for the run
 */
export async function measureTimeOfRun(args: readonly string[], scratch: string): Promise<TimeOfRun> {
  const clockFile = path.join(scratch, 'session-clock.json');
  const { iterations, checkpointEvery, validateEvery } = measuredRun;
  const length = { iterations, 'checkpoint-every': checkpointEvery, 'validate-every': validateEvery };
  const options = Object.entries(length).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const clock = new URL('../../program/session-clock.js', import.meta.url).href;
  const command = ['--import', clock, fcnProgram, 'train', ...args, ...options];
  const now = () => performance.timeOrigin + performance.now();
  const started = now();
  const child = spawn(process.execPath, [...command, '--out', path.join(scratch, 'run')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, FCN_SESSION_CLOCK: clockFile },
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw failure(`bench: fcn train ended early: ${errors.trim().slice(-500)}`);
  const runs = JSON.parse(await readFile(clockFile, 'utf8')) as SessionRun[];
  return timeOfRun(runs, started, now());
}

/** The parts of a run of the length of `measuredRun`, from when its sessions ran. */
export function timeOfRun(runs: readonly SessionRun[], started: number, ended: number): TimeOfRun {
  const { checkpointEvery, validateEvery } = measuredRun;
  const steps = runs.filter(({ isStep }) => isStep);
  const inferences = runs.filter(({ isStep }) => !isStep);
  const gaps = steps.slice(0, -1).map(({ end }, i) => {
    const iteration = i + 1;
    const next = steps[i + 1]!.start;
    const inside = inferences.filter(({ start }) => start > end && start < next);
    return {
      outside: next - end - inside.reduce((sum, run) => sum + run.end - run.start, 0),
      between: inside.slice(1).map(({ start }, k) => start - inside[k]!.end),
      images: inside.length,
      saves: iteration % checkpointEvery === 0,
      validates: iteration % validateEvery === 0,
      isWarm: iteration > warmup,
    };
  });
  const outsideOf = (which: (gap: (typeof gaps)[number]) => boolean) =>
    mean(gaps.filter(which).map(({ outside }) => outside));
  const iteration = outsideOf(({ saves, validates, isWarm }) => isWarm && !saves && !validates);
  const validation = gaps.find(({ validates }) => validates)!;
  const image = mean(validation.between);
  return {
    step: mean(steps.slice(warmup).map(({ start, end }) => end - start)),
    inference: mean(inferences.slice(1).map(({ start, end }) => end - start)),
    iteration,
    checkpoint: outsideOf(({ saves, validates }) => saves && !validates) - iteration,
    image,
    validation: validation.outside - iteration - (validation.images - 1) * image,
    startUp: steps[0]!.start - started,
    end: ended - runs.at(-1)!.end,
  };
}

/** The share of an epoch of PASCAL VOC 2012 that is outside of the session. Start-up and end come once a run, not here. */
export function shareOutside(time: TimeOfRun): number {
  const checkpoints = voc.train / voc.checkpointEvery;
  const outside =
    voc.train * time.iteration + checkpoints * time.checkpoint + voc.val * time.image + time.validation;
  const inside = voc.train * time.step + voc.val * time.inference;
  return outside / (outside + inside);
}

/** What the share is made of, in words. */
export function describeTimeOfRun(time: TimeOfRun): string {
  const ms = (value: number) => (value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(1)} ms`);
  return (
    `iteration: ${ms(time.step)} in the session, ${ms(time.iteration)} outside; checkpoint: ${ms(time.checkpoint)}; ` +
    `validation of an image: ${ms(time.inference)} in the session, ${ms(time.image)} outside, and ${ms(time.validation)} ` +
    `once; start-up: ${ms(time.startUp)}; end: ${ms(time.end)}`
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
