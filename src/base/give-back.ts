import { adviseWholePages, memoryCalls } from './memory-calls.ts';

/** MADV_DONTNEED of mman.h on Linux. */
const dontNeed = 4;

/** Whether `giveBack` does something: on Linux. */
export const canGiveBack = process.platform === 'linux';

/**
 * Gives memory back to the system before its array ends. Nobody may read it any more: there are zeros, or what is in the file that the
 * memory is mapped to.
 */
export function giveBack(memory: ArrayBufferView): void {
  const address = Number(memoryCalls().memset(memory, 0, 0)); // which is what it returns
  adviseWholePages(address, memory.byteLength, dontNeed);
}
