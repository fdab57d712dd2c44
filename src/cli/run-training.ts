import { writeRunReport } from '../report/run-report.ts';
import type { PreparedRun } from '../train/prepare.ts';
import type { RunFolder } from '../train/run-folder.ts';
import { type TrainResult, train } from '../train/train.ts';
import { watchInterruption } from './interruption.ts';
import { Progress } from './progress.ts';

/** Exit code of a process that Ctrl-C ended. */
const interrupted = 130;

/**
 * Trains in the terminal: progress, Ctrl-C, and the report at the end.
 * @param resumable the folder to continue with, if it is not that of the run
 */
export async function runTraining(
  run: RunFolder,
  prepared: Omit<PreparedRun, 'fates'>,
  name: string,
  resumable = run.folder,
): Promise<TrainResult> {
  const { config, valSet } = prepared;
  const { iterations } = config;
  const watch = watchInterruption('stopping after this iteration; press Ctrl-C again to stop at once');
  let progress = new Progress(name, iterations, 'iterations');
  let loss: number | undefined;
  const training = train({
    ...prepared,
    run,
    shouldStop: watch.requested,
    events: {
      onResume(iteration) {
        progress.print(`${name}: continuing after iteration ${iteration}`);
        progress = new Progress(name, iterations, 'iterations', iteration);
      },
      onIteration(step) {
        // A running mean: the loss of single images jumps.
        loss = loss === undefined ? step.loss : 0.95 * loss + 0.05 * step.loss;
        progress.update(step.iteration, `epoch ${step.epoch}, loss ${loss.toPrecision(4)}`);
      },
      onValidation({ iteration, metrics, isBest }) {
        const percent = (x: number) => (100 * x).toFixed(1);
        // A resumed run may make up for a validation before its first iteration.
        const lossSoFar = loss === undefined ? '' : `loss ${loss.toPrecision(4)}, `;
        progress.print(
          `${name}: iteration ${iteration}: ${lossSoFar}val mean IoU ${percent(metrics.meanIoU)}, ` +
            `pixel accuracy ${percent(metrics.pixelAccuracy)}${isBest ? ' (best)' : ''}`,
        );
      },
    },
  });
  const result = await training.finally(() => {
    watch.end();
    progress.end();
  });
  await writeRunReport([{ name, run }], run.report, valSet);
  if (!result.finished) {
    process.stderr.write(
      `stopped after iteration ${result.iteration}; continue with fcn train --resume --out ${resumable}\n`,
    );
    process.exitCode = interrupted;
  }
  return result;
}
