import { execFileSync } from 'node:child_process';
import { fcnProgram, type Outcome, type Started, startProgram } from '../../cli/fcn.ts';

/** An installed launcher of parallel programs. */
export interface TestLauncher {
  /** For the name of a test; says what to install where it is missing. */
  readonly name: string;
  readonly family: 'open-mpi' | 'mpich';
  readonly program: string;
  readonly missing: boolean;
}

const required = process.env.FCN_TEST_REQUIRE === 'all';

/** Both families, to be tested with each: `describe.each(launchers)` and `describe.skipIf(missing)`. */
export const launchers: readonly TestLauncher[] = [
  find('Open MPI', 'open-mpi', ['mpirun.openmpi', 'mpirun'], /Open MPI|OpenRTE/, 'openmpi-bin'),
  find('MPICH', 'mpich', ['mpirun.mpich', 'mpirun'], /HYDRA/, 'mpich'),
];

/** One of them, for what does not depend on the library. */
export const anyLauncher: TestLauncher = launchers.find(({ missing }) => !missing) ?? launchers[0]!;

function find(
  name: string,
  family: TestLauncher['family'],
  programs: readonly string[],
  version: RegExp,
  debianPackage: string,
): TestLauncher {
  const program = programs.find((candidate) => version.test(versionOf(candidate)));
  const missing = program === undefined && !required;
  return {
    name: missing ? `${name} (needs it: apt-get install ${debianPackage})` : name,
    ...{ family, missing, program: program ?? programs[0]! },
  };
}

function versionOf(program: string): string {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/**
 * Open MPI wants to be told that tests may run as root, that there may be more processes than processors, and that none is to stay
 * on one processor, which others may be using.
 */
export const environment = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
};

/**
 * For processes that have something to do when they are told to end: Open MPI gives them so many seconds instead of one, and waits
 * twice as long, even where all have ended at once.
 */
export const timeToEnd = (seconds: number) => ({ OMPI_MCA_odls_base_sigkill_timeout: String(seconds) });

/** Starts the launcher itself, with variables beside the usual ones. */
export function startLauncher({ program }: TestLauncher, args: readonly string[], variables = {}): Started {
  return startProgram(program, args, { ...environment, ...variables });
}

/** Starts `node PROGRAM ARGS...` in so many processes. */
export function startRanks(launcher: TestLauncher, ranks: number, args: readonly string[], variables = {}) {
  return startLauncher(launcher, ['-n', String(ranks), process.execPath, ...args], variables);
}

export async function runRanks(launcher: TestLauncher, ranks: number, ...args: string[]): Promise<Outcome> {
  return startRanks(launcher, ranks, args).ended;
}

/** `mpirun -n RANKS fcn ARGS...`, on what `npm run build` has compiled. */
export async function fcnOn(launcher: TestLauncher, ranks: number, ...args: string[]): Promise<Outcome> {
  return runRanks(launcher, ranks, fcnProgram, ...args);
}
