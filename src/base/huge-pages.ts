import { adviseWholePages } from './memory-calls.ts';

/** MADV_HUGEPAGE of mman.h on Linux. */
const hugePage = 14;

/** Whether `useHugePages` does something: on Linux, where that leaves it to programs. */
export const canUseHugePages = process.platform === 'linux';

/** Asks the system to give memory in pages of 2 MB when it is touched for the first time, which takes less time then. */
export function useHugePages(address: number, bytes: number): void {
  adviseWholePages(address, bytes, hugePage);
}
