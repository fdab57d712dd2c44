import { diskFailure, isStandardOutput } from '../base/files.ts';

/** Where results go as text: to standard output, or to standard error where a file that is written is the former. */
export function textOutput(...files: readonly (string | undefined)[]): NodeJS.WriteStream {
  const isTaken = files.some((file) => file !== undefined && isStandardOutput(file));
  return isTaken ? process.stderr : process.stdout;
}

/**
 * Errors of the standard streams reach nobody by themselves and would end the process with a stack trace.
 * @returns to be called at the end: waits until all is written. It throws an FcnError (exit code 1) when standard output
 *   is a file on a disk that is full; a reader that has seen enough (`fcn inspect FILE | head`) or a terminal that was
 *   closed is no error.
 */
export function watchStandardOutput(): () => Promise<void> {
  let error: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (thrown) => (error ??= thrown));
  process.stderr.on('error', () => undefined); // there is no place left to say it
  return async () => {
    await new Promise((resolve) => process.stdout.write('', resolve));
    const isReaderGone = error?.code === 'EPIPE' || (error?.code === 'EIO' && process.stdout.isTTY);
    if (error && !isReaderGone) throw diskFailure('cannot write the result to standard output', error);
  };
}
