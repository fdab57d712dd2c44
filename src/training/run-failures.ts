import { FcnError, failure } from '../base/errors.ts';
import type { Device } from '../engine/runtimes/session.ts';

/** The end of a run whose numbers have left the range of float32. What it has saved before is worth more. */
export function diverged(what: string, iteration: number, images: readonly string[]): FcnError {
  return failure(
    `iteration ${iteration}: ${what} after ${images.join(', ')}; the run has diverged: try a lower ` +
      '--learning-rate (a tenth), a lower --momentum, or --loss mean',
  );
}

/** Whether a graphics processor was at work when something failed in ONNX Runtime: it may be gone. */
export function isOfDevice(thrown: unknown, device: Device): boolean {
  return device !== 'cpu' && thrown instanceof FcnError;
}

/** The end of a run whose graphics processor has failed. What it has learned since the last checkpoint is lost with its memory. */
export function lostDevice(
  device: Device,
  iteration: number,
  saved: number | undefined,
  thrown: unknown,
): FcnError {
  const there = saved
    ? `a checkpoint of iteration ${saved}: continue with --resume, and --device cpu to use the CPU`
    : 'no checkpoint yet; start it again';
  const { message } = thrown as FcnError;
  return failure(
    `iteration ${iteration}: device ${device} has failed (${message}); the run has ${there}`,
    thrown,
  );
}
