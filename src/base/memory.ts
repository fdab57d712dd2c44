import { existsSync, readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';
import { addressLimit, usableAddresses } from './addresses.ts';
import { FcnError, failure, reasonOf } from './errors.ts';

/** What memory there is, in bytes. */
export interface Memory {
  readonly machine: number;
  /** What the cgroup of this process may take, or one around it, as containers limit it; undefined where none does. */
  readonly cgroup?: { readonly version: 1 | 2; readonly bytes: number };
  /** What a limit on addresses leaves for memory; undefined where it leaves as much as there is. */
  readonly addresses?: number;
  /** The smallest of these: whatever needs more fails. */
  readonly limit: number;
  /** What nobody uses at the moment. */
  readonly available: number;
}

export function memoryOfMachine(): Memory {
  limits ??= readLimits();
  const available = Math.min(limits.limit, process.availableMemory?.() ?? freemem()); // Node 20.13
  return { ...limits, available };
}

/** Read once: they stay what they are, and are asked for with every image. */
let limits: Omit<Memory, 'available'> | undefined;

function readLimits(): Omit<Memory, 'available'> {
  const machine = totalmem();
  const cgroup = cgroupLimit();
  const limited = cgroup && cgroup.bytes < machine ? cgroup : undefined;
  const inGroup = limited?.bytes ?? machine;
  const addresses = usableAddresses();
  return {
    ...{ machine, ...(limited && { cgroup: limited }) },
    ...(addresses !== undefined && addresses < inGroup && { addresses }),
    limit: Math.min(inGroup, addresses ?? inGroup),
  };
}

/**
 * The least limit of the cgroups that a process is in (cgroups(7), its version 1 and 2): each limits all below it. Within a
 * container the paths may be those of the host, of which the mounted tree shows the container's own as its root.
 * @param memberships the content of /proc/self/cgroup
 * @param mount where cgroups are mounted
 */
export function cgroupLimit(
  memberships = readIfThere('/proc/self/cgroup'),
  mount = '/sys/fs/cgroup',
): Memory['cgroup'] {
  let least: Memory['cgroup'];
  for (const line of memberships?.split('\n') ?? []) {
    const [, hierarchy, controllers, place] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const version = hierarchy === '0' && controllers === '' ? 2 : 1;
    if (place === undefined || (version === 1 && !controllers!.split(',').includes('memory'))) continue;
    const [root, file] =
      version === 2 ? [mount, 'memory.max'] : [path.join(mount, 'memory'), 'memory.limit_in_bytes'];
    const names = place.split('/').filter((name) => name !== '' && name !== '..');
    for (let depth = names.length; depth >= 0; depth--) {
      const text = readIfThere(path.join(root, ...names.slice(0, depth), file))?.trim();
      const bytes = text && /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY; // version 2 says max
      if (bytes < (least?.bytes ?? Number.POSITIVE_INFINITY)) least = { version, bytes };
    }
  }
  return least;
}

function readIfThere(file: string): string | undefined {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined; // what may not be read tells of no limit
  }
}

/** Bytes for people: `812 MB`, `2.5 GB`. */
export function inBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  if (bytes >= 1e18) return 'more than 1000 PB';
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toPrecision(2)} ${units[power]}`;
}

/**
 * What says that memory could not be had: V8, Node, WebAssembly, C++ (std::bad_alloc), ONNX Runtime, libvips (also for threads), the system.
 */
const outOfMemory =
  /allocation failed|bad_?alloc|failed to allocate|(could|can) ?not allocate|failed to map segment|out of memory|memory exhausted|creating thread|ENOMEM|Cannot create a (string|Buffer) l|WebAssembly\.Memory/i;

/** What V8 says of a length that no array can have. In the reader of a file, that may be damage as well. */
const impossibleLength = /Invalid (typed )?(array|array buffer|string) length/i;

/** Whether an error, or what it was caused by, is that there was not enough memory. */
export function lacksMemory(thrown: unknown): boolean {
  const cause = causeOfMemory(thrown);
  return cause !== undefined && (!isInputError(thrown) || !impossibleLength.test(reasonOf(cause)));
}

/** The sentence about memory that was asked for and could not be had; of a file, where that was in reading it. */
export function memoryFailure(thrown: unknown): FcnError {
  const { limit, available } = memoryOfMachine();
  const what = isInputError(thrown) ? `${reasonOf(thrown).split(': ')[0]}: ` : '';
  const addresses = addressLimit();
  const [allowed, raise] =
    addresses === undefined
      ? ['', '']
      : [`, and the ${inBytes(addresses)} of addresses that ulimit -v allows`, 'raise ulimit -v, '];
  return failure(
    `${what}memory: got a request for more than is left (${whatFailed(reasonOf(causeOfMemory(thrown)))}), expected one that ` +
      `fits into ${inBytes(limit)}, ${inBytes(available)} of it free${allowed}; ${raise}lower the image size (--resize, --crop, --tile), the ` +
      'batch size, the width or the threads, or close other programs',
    thrown,
  );
}

/** Of what libraries say, often with the places in their source, the part that is about memory. */
function whatFailed(reason: string): string {
  const at = Math.max(0, reason.search(outOfMemory));
  const part = reason.length < 120 ? reason : reason.slice(at, at + 120);
  return part.split('\n')[0]!;
}

/** Whether an error is the fault of one input, so that the others can be used. */
export function isOfInput(thrown: unknown): thrown is FcnError {
  return isInputError(thrown) && !lacksMemory(thrown);
}

function isInputError(thrown: unknown): boolean {
  return thrown instanceof FcnError && thrown.exitCode === 2;
}

/** The first of an error and its causes that is about memory. */
function causeOfMemory(thrown: unknown): unknown {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 10; error = error.cause, depth++) {
    const { code } = error as { code?: unknown };
    const isOwn = isInputError(error); // quotes its cause
    const isMemory = outOfMemory.test(error.message) || impossibleLength.test(error.message);
    if (!isOwn && (isMemory || code === 'ENOMEM' || code === 'ERR_MEMORY_ALLOCATION_FAILED')) return error;
  }
  return undefined;
}
