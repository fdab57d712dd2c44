import { koffi } from '../koffi.ts';

/**
 * Ends this process where `process.exit` might not: that waits for native calls in the background, such as one in which MPI waits
 * for a process that is no more. What is to be done at the exit is done.
 */
export function endNow(exitCode: number): never {
  process.emit('exit', exitCode);
  koffi.load(null).func('void _exit(int code)')(exitCode);
  throw new Error('the process has ended');
}
