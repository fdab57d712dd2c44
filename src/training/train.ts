import type { TrainOptions, TrainResult } from './train-options.ts';
import { TrainingRun } from './training-run.ts';

export type { TrainEvents, TrainOptions, TrainResult } from './train-options.ts';

/** Trains a network end to end, pixels to pixels; continues from the run folder's newest checkpoint if it has one. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { onPause } = options;
  const run = await TrainingRun.start(options);
  try {
    await run.validateIfDue(); // a run that was stopped during a validation makes up for it
    while (!run.isAtEnd && !run.isOutOfPatience && !run.isAskedToStop) {
      await run.step();
      // The checkpoint comes first: a validation takes long, and can be made up for.
      if (run.isCheckpointDue) await run.save();
      await run.validateIfDue();
      await onPause?.(run.iteration, run.network, () => run.read());
    }
    await run.save();
    await run.keepLogs();
  } finally {
    await run.release();
  }
  return run.finish();
}
