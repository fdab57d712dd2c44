import type { LibraryHandle } from 'koffi';
import { crc32 } from './crc32.ts';
import { koffi, onThread } from './koffi.ts';

/** Parts of large contents, each on a thread of its own. Node has four for such calls. */
const parts = 4;

/** Contents for which threads pay. */
const largeBytes = 2 ** 24;

/** zlib, as Node brings it along and lets add-ons use it. Held on to: koffi unloads a library whose handle is garbage. */
interface Zlib {
  readonly library: LibraryHandle;
  readonly crc32: ReturnType<LibraryHandle['func']>;
  readonly combine: ReturnType<LibraryHandle['func']>;
}

let loaded: Zlib | undefined;

/** @returns undefined where Node was built without it */
function zlib(): Zlib | undefined {
  if (loaded) return loaded;
  const library = koffi.load(null);
  try {
    loaded = {
      library,
      crc32: library.func('ulong crc32_z(ulong before, const uint8_t* bytes, size_t count)'),
      combine: library.func('ulong crc32_combine(ulong first, ulong second, long count)'),
    };
  } catch {
    // There is no such function in this process: one thread does it.
  }
  return loaded;
}

/** As `crc32`, on several threads. The bytes must not change meanwhile. */
export async function concurrentCrc32(bytes: Uint8Array, before = 0): Promise<number> {
  const functions = bytes.length >= largeBytes ? zlib() : undefined;
  if (!functions) return crc32(bytes, before);
  const share = Math.ceil(bytes.length / parts);
  const contents = Array.from({ length: parts }, (_, i) => bytes.subarray(i * share, (i + 1) * share));
  const checksums = await Promise.all(
    contents.map((content) => onThread(functions.crc32, 0, content, content.length)),
  );
  return checksums.reduce(
    (sum, checksum, i) => functions.combine(sum, checksum, contents[i]!.length),
    before,
  );
}
