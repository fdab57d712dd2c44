import { fstatSync } from 'node:fs';
import { inputError } from '../errors.ts';
import { Communicator } from './communicator.ts';
import { loadMpi } from './find-library.ts';
import type { Launcher } from './launcher.ts';

/**
 * Joins the processes that a launcher has started.
 * @param library see loadMpi
 * @param limitSeconds see Communicator.open
 * @throws FcnError (exit code 2) where there is no library, or one that this launcher does not work with: each process would
 *   then take itself for the only one, and all of them would write the same files
 */
export function connect(launcher: Launcher, library?: string, limitSeconds = 600): Communicator {
  checkPassedOn(launcher);
  const communicator = Communicator.open(loadMpi(library, launcher), limitSeconds);
  const { size, rank } = communicator;
  if (size === launcher.size && rank === launcher.rank) return communicator;
  throw inputError(
    `MPI: got rank ${rank} of ${size} from ${communicator.library} where ${launcher.name} started ${launcher.size} processes, ` +
      `expected rank ${launcher.rank} of ${launcher.size}; name this launcher's library with --mpi FILE, or start with ` +
      "that library's own launcher",
  );
}

/** MPICH's launcher talks to its processes through a file that is open in them, and that npm and npx do not pass on. */
function checkPassedOn({ name }: Launcher): void {
  const file = process.env.PMI_FD;
  if (file === undefined) return;
  try {
    if (fstatSync(Number(file)).isSocket()) return;
  } catch {
    // it is not open, which is said below
  }
  throw inputError(
    `MPI: got no connection to ${name} (PMI_FD ${file}), expected the one that it opened; start fcn itself or ` +
      '`node bin/fcn.js`, not through npx or npm',
  );
}
