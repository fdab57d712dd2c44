import { type FcnError, inputError } from '../base/errors.ts';

/** An image that cannot be used, and why. */
export interface FailedImage {
  readonly image: string;
  readonly error: string;
}

/**
 * The error of a command that did what it could.
 * @param of the number of all images
 * @param done what became of the others: `segmented`
 */
export function errorOfFailed(
  [first, ...others]: readonly FailedImage[],
  of: number,
  done: string,
): FcnError | undefined {
  if (!first) return undefined;
  if (of === 1) return inputError(first.error);
  if (others.length === 0)
    return inputError(
      `${first.error}; ${of === 2 ? 'the other image was' : 'the other images were'} ${done}`,
    );
  const count = 1 + others.length;
  return inputError(
    count === of
      ? `images: got ${of}, none of which can be used (see above)`
      : `images: got ${count} of ${of} that cannot be used (see above); the others were ${done}`,
  );
}

/** A line for each where there are several; that of a single one is the command's own. */
export function sayEach(failed: readonly FailedImage[]): void {
  if (failed.length > 1) for (const { error } of failed) console.error(`fcn: ${error}`);
}
