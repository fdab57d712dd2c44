import { counted } from '../base/counted.ts';
import { reasonOf } from '../base/errors.ts';
import { inShell } from '../base/shell.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { furtherHeads } from '../networks/class-heads.ts';
import type { PreparedRun } from '../training/prepare.ts';
import type { Leader } from '../training/ranks/leader.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { tensorboardLog } from '../training/tensorboard/tensorboard-log.ts';
import { type TrainResult, train } from '../training/train.ts';
import { writeRunReport } from '../viewing/report/run-report.ts';
import { LiveFolder } from '../viewing/watch/live-folder.ts';
import { Snapshots } from '../viewing/watch/snapshots.ts';
import { watchInterruption } from './interruption.ts';
import { duration, Progress } from './progress.ts';
import { Remarks } from './remarks.ts';
import { say } from './say.ts';

/** What a run can be written for besides its own files. */
export const logs = ['tensorboard'] as const;
export type Log = (typeof logs)[number];

/** Exit code of a process that Ctrl-C ended. */
const interrupted = 130;

/**
 * Trains in the terminal: progress, Ctrl-C, predictions for those who watch, and the report at the end.
 * @param resumable the folder to continue with, if it is not that of the run
 * @param log what else is to be written while it goes on
 */
export async function runTraining(
  run: RunFolder,
  prepared: Omit<PreparedRun, 'fates'>,
  name: string,
  {
    resumable = run.folder,
    log,
    leader,
  }: { resumable?: string; log?: Log | undefined; leader?: Leader | undefined } = {},
): Promise<TrainResult> {
  const { config } = prepared;
  const remarks = new Remarks((line) => progress.print(line));
  const trainSet = remarks.of(prepared.trainSet);
  const valSet = prepared.valSet && remarks.of(prepared.valSet);
  const { iterations, accumulate, batchSize } = config;
  const watch = watchInterruption('stopping after this iteration', leader?.members);
  const progressFrom = (iteration: number) =>
    new Progress(name, iterations, 'iterations', iteration, {
      unit: 'images',
      each: accumulate * batchSize,
    });
  let progress = progressFrom(0);
  const logged = log === 'tensorboard' ? tensorboardLog(run.folder, config) : undefined;
  const snapshots = new Snapshots(new LiveFolder(run.live), config, valSet ?? trainSet);
  let showsPredictions = true;
  const percent = (x: number) => (100 * x).toFixed(1);
  const ofHeads = ({ heads }: Metrics) =>
    furtherHeads(config.model)
      .map((head) => [head, heads![head]!] as const)
      .map(
        ([head, own]) =>
          `, ${head} mean IoU ${percent(own.meanIoU)}, pixel accuracy ${percent(own.pixelAccuracy)}`,
      )
      .join('');
  let loss: number | undefined;
  let meanIoU = '';
  let elapsed = 0;
  const training = train({
    ...{ ...prepared, trainSet, valSet },
    ...{ run, leader, shouldStop: watch.requested },
    events: {
      onDamaged: (what) => progress.print(`warning: ${what}`),
      onResume(iteration) {
        progress.print(`${name}: continuing after iteration ${iteration}`);
        progress = progressFrom(iteration);
        logged?.onResume(iteration);
      },
      onIteration(step) {
        logged?.onIteration(step);
        // A running mean: the loss of single images jumps.
        loss = loss === undefined ? step.loss : 0.95 * loss + 0.05 * step.loss;
        elapsed = step.elapsedSeconds;
        progress.update(step.iteration, `loss ${loss.toPrecision(4)}${meanIoU}`);
      },
      onValidating: (done, total) => progress.aside(`validating ${done}/${total}`),
      onValidation(validation) {
        logged?.onValidation(validation);
        const { iteration, metrics, isBest } = validation;
        meanIoU = `, mean IoU ${percent(metrics.meanIoU)}`;
        // A resumed run may make up for a validation before its first iteration.
        const soFar = loss === undefined ? '' : `loss ${loss.toPrecision(4)}, `;
        const took = elapsed > 0 ? `, ${duration(elapsed)}` : '';
        progress.print(
          `${name}: iteration ${iteration}: ${soFar}val mean IoU ${percent(metrics.meanIoU)}, ` +
            `pixel accuracy ${percent(metrics.pixelAccuracy)}${isBest ? ' (best)' : ''}${ofHeads(metrics)}${took}`,
        );
      },
    },
    async onPause(iteration, network, read) {
      try {
        if (showsPredictions) await snapshots.takeIfDue(iteration, network, read);
      } catch (thrown) {
        // A picture that cannot be shown does not end a run.
        showsPredictions = false;
        progress.print(`${name}: stopped writing live predictions: ${reasonOf(thrown)}`);
      }
    },
  });
  const result = await training.finally(async () => {
    watch.end();
    progress.end();
    await snapshots.release();
  });
  await writeRunReport([{ name, run }], run.report, valSet);
  if (result.outOfPatience) {
    say(
      `${name}: ended after iteration ${result.iteration} of ${iterations}: mean IoU has not improved in ` +
        `${counted(config.patience, 'validation')}, since iteration ${result.best!.iteration}`,
    );
  }
  if (!result.finished) {
    process.stderr.write(
      `stopped after iteration ${result.iteration}; continue with fcn train --resume --out ${inShell(resumable)}\n`,
    );
    process.exitCode = interrupted;
  }
  return result;
}
