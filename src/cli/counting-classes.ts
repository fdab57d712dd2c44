import { ClassBalance } from '../training/class-balance.ts';
import { Progress } from './progress.ts';

/** Balances classes, with progress on standard error while it reads the labels. */
export function countingClasses(): ClassBalance {
  let progress: Progress | undefined;
  return new ClassBalance(({ name, ids }, done) => {
    progress ??= new Progress(`balancing classes of ${name}`, ids.length, 'labels');
    progress.update(done);
    if (done === ids.length) progress.end();
  });
}
