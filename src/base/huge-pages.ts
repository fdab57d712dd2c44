import { readFileSync } from 'node:fs';
import { memoryCalls } from './memory-calls.ts';

/** Of mman.h on Linux. */
const hugePage = 14;

/**
 * Asks Linux to give a piece of memory in pages of 2 MB when it is touched. Touching it takes less time then, and so does finding it again.
 * Where the system always or never does so, or is another one, nothing changes.
 * @param address in the piece, which the system has given as a whole
 */
export function useHugePages(address: number): void {
  if (process.platform !== 'linux') return;
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [start, end] = line
      .split(' ', 1)[0]!
      .split('-')
      .map((place) => Number.parseInt(place, 16));
    if (!(address >= start! && address < end!)) continue;
    memoryCalls().madvise(start, end! - start!, hugePage);
    return;
  }
}
