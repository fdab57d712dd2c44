import type { LibraryHandle } from 'koffi';
import { koffi } from './koffi.ts';

/** POSIX, from the C library of this process. Held on to: koffi unloads a library whose handle is garbage. */
interface MemoryCalls {
  readonly library: LibraryHandle;
  readonly mmap: ReturnType<LibraryHandle['func']>;
  readonly madvise: ReturnType<LibraryHandle['func']>;
  readonly munmap: ReturnType<LibraryHandle['func']>;
  /** Returns where the memory lies. */
  readonly memset: ReturnType<LibraryHandle['func']>;
}

let loaded: MemoryCalls | undefined;

export function memoryCalls(): MemoryCalls {
  if (!loaded) {
    const library = koffi.load(null);
    loaded = {
      library,
      mmap: library.func(
        'intptr_t mmap(void* address, size_t bytes, int protection, int flags, int file, int64_t offset)',
      ),
      madvise: library.func('int madvise(intptr_t address, size_t bytes, int advice)'),
      munmap: library.func('int munmap(intptr_t address, size_t bytes)'),
      memset: library.func('intptr_t memset(void* memory, int value, size_t bytes)'),
    };
  }
  return loaded;
}

/** Or a divisor of it, whatever the system's is. */
const pageSize = 2 ** 16;

/** madvise(2) for the whole pages among these bytes: others have something else in them, too. */
export function adviseWholePages(address: number, bytes: number, advice: number): void {
  const start = Math.ceil(address / pageSize) * pageSize;
  const end = Math.floor((address + bytes) / pageSize) * pageSize;
  if (start < end) memoryCalls().madvise(start, end - start, advice);
}
