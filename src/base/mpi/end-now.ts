import { koffi } from '../koffi.ts';

/**
 * Ends this process where `process.exit` might not: that waits for native calls in the background, such as one in which MPI waits
 * for a process that is no more. What is to be done at the exit is done.
 */
export function endNow(exitCode: number): never {
  process.emit('exit', exitCode);
  endWithoutNode(exitCode);
}

/** Ends this process without anything that Node does at the end. */
export function endWithoutNode(exitCode: number): never {
  koffi.load(null).func('void _exit(int code)')(exitCode);
  throw new Error('the process has ended');
}
