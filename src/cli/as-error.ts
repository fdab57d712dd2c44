import { FcnError, failure, reasonOf } from '../base/errors.ts';
import { causeOf } from '../base/files.ts';
import { lacksMemory, memoryFailure } from '../base/memory.ts';

/** The error that a command ends with, for whatever was thrown. */
export function asError(thrown: unknown): FcnError {
  if (lacksMemory(thrown)) return memoryFailure(thrown);
  if (thrown instanceof FcnError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EMFILE' || code === 'ENFILE') return failure(`files: ${causeOf(thrown)}`, thrown);
  return failure(
    `unexpected error: ${reasonOf(thrown)}; run it again with --verbose to see where it happened`,
    thrown,
  );
}
