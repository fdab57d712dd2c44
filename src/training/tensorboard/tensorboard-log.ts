import { furtherHeads } from '../../networks/class-heads.ts';
import { learningRateAt } from '../learning-rate.ts';
import type { RunConfig } from '../run-config.ts';
import { metricColumns } from '../run-folder.ts';
import type { TrainEvents } from '../train.ts';
import { EventFile } from './event-file.ts';

/**
 * Writes what log.csv and val.csv hold for TensorBoard as well, into a folder that it takes for a run: each process that works on
 * a run writes a file of its own.
 */
export function tensorboardLog(
  folder: string,
  config: RunConfig,
): Required<Pick<TrainEvents, 'onResume' | 'onIteration' | 'onValidation'>> {
  let opened: EventFile | undefined;
  const file = () => {
    opened ??= new EventFile(folder);
    return opened;
  };
  return {
    onResume: (iteration) => file().restart(iteration + 1),
    onIteration: ({ iteration, loss }) =>
      file().add(iteration, {
        'train/loss': loss,
        'train/learning_rate': learningRateAt(config, iteration - 1),
      }),
    onValidation: ({ iteration, metrics }) =>
      file().add(
        iteration,
        Object.fromEntries([
          ...metricColumns.map((name) => [`validation/${name}`, metrics[name]]),
          ...furtherHeads(config.model).flatMap((head) =>
            metricColumns.map((name) => [`validation/${head}/${name}`, metrics.heads![head]![name]]),
          ),
        ]),
      ),
  };
}
