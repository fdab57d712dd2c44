import type { LibraryHandle } from 'koffi';
import { inputError, reasonOf } from '../errors.ts';
import { koffi } from '../koffi.ts';
import { type Abi, functionsOf, type MpiFunctions } from './abi.ts';
import type { Launcher } from './launcher.ts';
import { mpich } from './mpich.ts';
import { openMpi } from './open-mpi.ts';

export interface MpiLibrary {
  /** Held on to: koffi unloads a library whose handle is garbage, while its functions may still be called. */
  readonly handle: LibraryHandle;
  readonly abi: Abi;
  readonly functions: MpiFunctions;
  /** Where it was found and what it says it is, for messages. */
  readonly description: string;
}

/** By what names libraries go: Debian's, those of the ABI, the developer's links; then macOS. */
const names = {
  'open-mpi': ['libmpi.so.40', 'libmpi.40.dylib'],
  mpich: ['libmpich.so.12', 'libmpi.so.12', 'libmpi.12.dylib'],
  either: ['libmpi.so', 'libmpich.so', 'libmpi.dylib'],
};

/**
 * Loads the MPI library of this machine.
 * @param named its file or name, where the user says it; otherwise the usual names are tried, those of the launcher's family first
 * @throws FcnError (exit code 2) when there is none, or what was found is none
 */
export function loadMpi(named: string | undefined, { name: launcher, family }: Launcher): MpiLibrary {
  const candidates = named
    ? [named]
    : [...names[family], ...names[family === 'mpich' ? 'open-mpi' : 'mpich'], ...names.either];
  leaveMemoryAlone();
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      // Open MPI's components expect to find its functions among those of the process.
      const library = describe(koffi.load(candidate, { global: true }), candidate);
      keepLoaded(candidate);
      return library;
    } catch (thrown) {
      reasons.push(reasonOf(thrown));
    }
  }
  const expected = named ? 'an MPI library' : `one of ${candidates.join(', ')}`;
  throw inputError(
    `MPI: got ${named ?? 'no library'} with ${launcher} (${named ? reasons[0] : 'none of the usual names can be loaded'}), ` +
      `expected ${expected}; install the launcher's library, name it with --mpi FILE, or add --mpi none to let each process run on its own`,
  );
}

/**
 * UCX, on which MPICH may stand, rewrites the functions of the C library by which memory comes and goes, in a process of several
 * threads that run: with version 1.13 one of them was seen to find its heap unmapped. What it gains is memory that stays
 * registered with InfiniBand. Who wants that says so by a variable of UCX's own.
 */
function leaveMemoryAlone(): void {
  if (Object.keys(process.env).some((name) => name.startsWith('UCX_MEM_'))) return;
  process.env.UCX_MEM_EVENTS = 'n';
}

/**
 * One more reference: when the process ends, koffi unloads its libraries, and the threads that Open MPI has for TCP would go on in
 * code that is no more.
 */
function keepLoaded(name: string): void {
  const lazily = 1; // RTLD_LAZY
  koffi.load(null).func('void* dlopen(const char* name, int flags)')(name, lazily);
}

function describe(handle: LibraryHandle, name: string): MpiLibrary {
  const abi = hasSymbol(handle, 'ompi_mpi_comm_world') ? openMpi(handle) : mpich;
  const functions = functionsOf(handle, abi);
  const text = Buffer.alloc(longestText);
  functions.MPI_Get_library_version(text, [0]);
  const [version = ''] = text.toString('latin1').replace(/\0.*$/s, '').split(/[,\n]/);
  const isKnown = abi !== mpich || /mpich|intel|cray|mvapich|parastation/i.test(version);
  if (!isKnown)
    throw new Error(`${name} is ${version}, which is neither Open MPI nor compatible with MPICH's ABI`);
  return { handle, abi, functions, description: `${name} (${version.replace(/\s+/g, ' ').trim()})` };
}

function hasSymbol(handle: LibraryHandle, name: string): boolean {
  try {
    return Boolean(handle.symbol(name, 'char'));
  } catch {
    return false;
  }
}

/** MPI_MAX_LIBRARY_VERSION_STRING of MPICH, the largest. */
const longestText = 8192;
