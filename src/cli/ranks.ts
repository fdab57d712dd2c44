import { hostname } from 'node:os';
import type { Command } from 'commander';
import { FcnError, failure, reasonOf } from '../base/errors.ts';
import type { Communicator } from '../base/mpi/communicator.ts';
import { findLauncher } from '../base/mpi/launcher.ts';
import type { Ranks } from '../base/mpi/members.ts';
import { version } from '../base/version.ts';
import { commandLine } from './command-line.ts';
import { wholeNumber } from './options.ts';

/** A command whose work ranks share, with the options for that. */
export function withMpiOptions(command: Command): Command {
  return command
    .option(
      '--mpi <LIBRARY>',
      'with mpirun or srun: the MPI library, if fcn does not find it; none: let this process work on its own',
    )
    .option(
      '--mpi-timeout <SECONDS>',
      'how long a rank waits for the others before it gives up',
      wholeNumber(1, 10 ** 6),
      600,
    );
}

export interface MpiArguments {
  readonly mpi?: string;
  readonly mpiTimeout: number;
}

/** An error that another rank, or this one, has said already. */
export class SaidError extends Error {
  readonly exitCode: 1 | 2;

  constructor({ exitCode, message }: FcnError) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Does the work of a command, together with the other ranks where a launcher has started several. No MPI library is loaded where
 * there is no launcher.
 */
export async function onRanks(
  { mpi, mpiTimeout }: MpiArguments,
  work: (ranks: Ranks | undefined) => Promise<void>,
): Promise<void> {
  const launcher = mpi === 'none' ? undefined : findLauncher();
  if (!launcher) return work(undefined);
  const { connect } = await import('../base/mpi/connect.ts');
  let world: Communicator;
  try {
    world = connect(launcher, mpi, mpiTimeout);
  } catch (thrown) {
    // What is wrong with the library is so for all ranks of a machine.
    if (thrown instanceof FcnError && launcher.localRank > 0) throw new SaidError(thrown);
    throw thrown;
  }
  const { checkSame, isShared } = await import('../base/mpi/agreement.ts');
  const { describeRanks, membersOf } = await import('../base/mpi/members.ts');
  const { programDigest } = await import('./program-digest.ts');
  endWithParent();
  try {
    const ranks = { world, members: await membersOf(world) };
    if (world.rank === 0) process.stderr.write(`${describeRanks(ranks)}\n`);
    const program = { version, 'program (digest)': await programDigest(), command: commandLine() };
    await checkSame(world, program, 'start the same program on every machine, with the same options');
    await work(ranks);
  } catch (thrown) {
    const error =
      thrown instanceof FcnError ? thrown : failure(`unexpected error: ${reasonOf(thrown)}`, thrown);
    if (world.isBroken || !isShared(thrown)) {
      // The others know nothing of it, and would wait.
      process.stderr.write(`fcn: rank ${world.rank} on ${hostname()}: ${error.message}\n`);
      if (process.argv.includes('--verbose')) process.stderr.write(`${error.stack}\n`);
      world.abort(error.exitCode);
    }
    await world.close();
    throw world.rank === 0 ? thrown : new SaidError(error);
  }
  await world.close();
}

/** Milliseconds between two looks. */
const look = 1000;

/** A launcher that is killed leaves its processes alone, each waiting for ever for others. */
function endWithParent(): void {
  const { ppid } = process;
  setInterval(async () => {
    if (process.ppid === ppid) return;
    const { endNow } = await import('../base/mpi/end-now.ts');
    endNow(1);
  }, look).unref();
}
