import { koffi, onThread } from './koffi.ts';
import { memoryCalls } from './memory-calls.ts';

/** Of mman.h on Linux. */
const readOrWrite = 1 | 2;
const privateMapping = 2;
const populateRead = 22;

/** Mappings end when nobody refers to their memory any more. */
const mappings = new FinalizationRegistry<{ address: number | bigint; bytes: number }>(
  ({ address, bytes }) => {
    memoryCalls().munmap(address, bytes);
  },
);

/**
 * The content of a file as memory: the pages of the system's file cache themselves, where reading would copy them to
 * memory that is touched for the first time, which is slow. All of it is brought in before this returns, so that what
 * cannot be read is noticed here. What is written to the memory stays in this process.
 *
 * As long as the memory is used the file may be removed or replaced by another, but must not be changed in place: its
 * new content would show, and a process that reads behind a new, earlier end is killed by the system (SIGBUS).
 *
 * @param file open descriptor; may be closed afterwards
 * @param bytes its size
 * @returns undefined where the system cannot do it: not Linux, before 5.14, a file that cannot be mapped or read
 */
export async function mapFile(file: number, bytes: number): Promise<ArrayBuffer | undefined> {
  if (process.platform !== 'linux' || bytes === 0) return undefined;
  const { mmap, madvise, munmap } = memoryCalls();
  const address = mmap(null, bytes, readOrWrite, privateMapping, file, 0);
  if (Number(address) === -1) return undefined;
  const isThere = await onThread(madvise, address, bytes, populateRead).then(
    (result) => result === 0,
    () => false,
  );
  if (!isThere) {
    munmap(address, bytes);
    return undefined;
  }
  const memory = koffi.view(address, bytes);
  mappings.register(memory, { address, bytes });
  return memory;
}
