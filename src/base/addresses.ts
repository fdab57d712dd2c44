import { readFileSync } from 'node:fs';
import { failure } from './errors.ts';
import { doWithoutKernels } from './kernels/kernels.ts';

/*
 * The limit on addresses, RLIMIT_AS of setrlimit(2), which clusters set by `ulimit -v`. Under it, reserving addresses fails where memory
 * would not: V8, glib and koffi then end the process without a sentence. So what can be known is looked at before.
 */

/** Addresses that Node, V8 and the libraries take to start, measured with one network of a few weights. */
const leastAddresses = 1.3e9;

/** Of these, those that hold nothing in memory: reserved for code, stacks and heaps. */
const reserved = 1.2e9;

/** The limit in bytes; undefined where there is none, or the system does not say. */
export function addressLimit(): number | undefined {
  const [, bytes] = /^Max address space +(\d+) /m.exec(readLimits()) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return ''; // another system
  }
}

/** What the limit leaves for memory, in bytes; undefined where there is no limit. */
export function usableAddresses(limit = addressLimit()): number | undefined {
  return limit === undefined ? undefined : Math.max(0, limit - reserved);
}

/**
 * Makes do with the limit, before much is loaded: without WebAssembly, and glibc, which reserves 64 MB for each thread that allocates memory,
 * shares them from now on (mallopt(3), M_ARENA_MAX).
 * @throws FcnError (exit code 1) where the limit is less than the program takes to start
 */
export async function makeDoWithAddresses(limit = addressLimit()): Promise<void> {
  if (limit === undefined) return;
  doWithoutKernels();
  if (limit < leastAddresses) {
    throw failure(
      `memory: got a limit of ${inGigabytes(limit)} on addresses (ulimit -v), expected at least ${inGigabytes(leastAddresses)}; ` +
        'raise it, or limit the memory itself with a cgroup',
    );
  }
  const { koffi } = await import('./koffi.ts');
  try {
    koffi.load(null).func('int mallopt(int parameter, int value)')(mostArenas, 1);
  } catch {} // another C library, which reserves nothing for threads
}

/** M_ARENA_MAX of malloc.h. */
const mostArenas = -8;

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
