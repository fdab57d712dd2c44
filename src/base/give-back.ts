import { memoryCalls } from './memory-calls.ts';

/** Of mman.h on Linux. */
const dontNeed = 4;

/** Or a divisor of it, whatever the system's is. */
const pageSize = 2 ** 16;

/** Whether `giveBack` does something: on Linux. */
export const canGiveBack = process.platform === 'linux';

/**
 * Gives memory back to the system before its array ends. Nobody may read it any more: there are zeros, or what is in the file that the
 * memory is mapped to.
 */
export function giveBack(memory: ArrayBufferView): void {
  const { memset, madvise } = memoryCalls();
  const address = Number(memset(memory, 0, 0)); // which is what it returns
  // Whole pages: others have something else in them, too.
  const start = Math.ceil(address / pageSize) * pageSize;
  const end = Math.floor((address + memory.byteLength) / pageSize) * pageSize;
  if (start < end) madvise(start, end - start, dontNeed);
}
