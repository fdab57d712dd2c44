import { counted } from '../base/counted.ts';
import { FcnError, inputError } from '../base/errors.ts';
import { isMissing } from '../base/look.ts';
import type { CsvLog } from './csv-log.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Checks that the logs of a run reach as far as the checkpoint that it goes on from: without them it would go on as if it
 * had only just begun, and forget its best.
 * @param done iterations of the checkpoint
 * @param onMended if given, logs that are damaged are set aside, and those go on with the rows that can be read; is told of
 *   each, a sentence
 * @throws FcnError naming the file and what to do
 */
export async function checkLogs(
  run: RunFolder,
  done: number,
  onMended?: (what: string) => void,
): Promise<void> {
  const checks: [CsvLog, () => Promise<void>][] = [
    [run.log, () => checkIterations(run.log, done)],
    [run.validations, () => checkThere(run.validations)], // which has no row where a killed run made none
  ];
  for (const [log, check] of checks) {
    try {
      await check();
    } catch (thrown) {
      if (!(thrown instanceof FcnError) || !onMended) throw thrown;
      const aside = await log.mend();
      const kept = aside === undefined ? '' : `; the old file is now ${aside}`;
      onMended(`${log.file} is damaged or was removed, and continues without the lost rows${kept}`);
    }
  }
}

async function checkIterations(log: CsvLog, done: number): Promise<void> {
  await checkThere(log, done);
  const iterations = (await log.rows(done)).map(([iteration]) => Number(iteration));
  const missing = Array.from({ length: done }, (_, i) => i + 1).find((each, i) => iterations[i] !== each);
  if (missing === undefined) return;
  throw lost(
    log,
    `got no row for iteration ${missing}, expected one for each of the run's ${counted(done, 'iteration')}`,
  );
}

async function checkThere(log: CsvLog, upTo?: number): Promise<void> {
  if (isMissing(log.file)) throw lost(log, 'got no such file, expected the one that the run wrote');
  await log.rows(upTo);
}

function lost({ file }: CsvLog, what: string): FcnError {
  return inputError(
    `${file}: ${what}; put it back, or continue without the lost rows with fcn train --resume --force`,
  );
}
