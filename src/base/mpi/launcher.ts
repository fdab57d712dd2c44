import { availableParallelism } from 'node:os';

/** What a launcher of parallel programs says of this process. */
export interface Launcher {
  /** For messages. */
  readonly name: string;
  /** Whose libraries it works with, those to try first. */
  readonly family: 'open-mpi' | 'mpich';
  /** The number of this process among `size`, from 0. */
  readonly rank: number;
  readonly size: number;
  /** The same among the processes on this machine. */
  readonly localRank: number;
  readonly localSize: number;
  /** Processors that belong to this process alone; undefined where the processes of a machine share them. */
  readonly ownProcessors: number | undefined;
}

/**
 * The launcher that started this process beside others: `mpirun` of Open MPI or MPICH (so do Intel MPI, Cray and MVAPICH name
 * their variables), or Slurm's `srun`; undefined for a process that is alone.
 */
export function findLauncher(environment: NodeJS.ProcessEnv = process.env): Launcher | undefined {
  const number = (...names: string[]) => {
    const text = names.map((name) => environment[name]).find((value) => value !== undefined);
    return text !== undefined && /^\d+/.test(text) ? Number.parseInt(text, 10) : undefined;
  };
  for (const { name, family, variables } of launchers) {
    const size = number(...variables.size);
    const rank = number(...variables.rank);
    if (size === undefined || rank === undefined) continue;
    if (size < 2) return undefined;
    return {
      ...{ name, family, rank, size },
      localRank: number(...variables.localRank) ?? rank,
      localSize: number(...variables.localSize) ?? 1,
      ownProcessors:
        number('SLURM_CPUS_PER_TASK') ?? (isBound(environment) ? availableParallelism() : undefined),
    };
  }
  return undefined;
}

/** Open MPI says whether it has bound a process to processors, which is all that the process then sees. */
function isBound(environment: NodeJS.ProcessEnv): boolean {
  return environment.OMPI_MCA_orte_bound_at_launch === '1' || environment.PRTE_BOUND_AT_LAUNCH === '1';
}

/** Threads that a process may use so that those of one machine have a processor for each. */
export function threadsOf({ ownProcessors, localSize }: Launcher): number {
  const share = Math.floor(availableParallelism() / localSize);
  return Math.max(1, Math.min(availableParallelism(), ownProcessors ?? share));
}

/** In order: below `srun` another launcher may have been started, whose variables then count. */
const launchers = [
  {
    name: "Open MPI's mpirun",
    family: 'open-mpi',
    variables: {
      rank: ['OMPI_COMM_WORLD_RANK'],
      size: ['OMPI_COMM_WORLD_SIZE'],
      localRank: ['OMPI_COMM_WORLD_LOCAL_RANK'],
      localSize: ['OMPI_COMM_WORLD_LOCAL_SIZE'],
    },
  },
  {
    name: "MPICH's mpirun",
    family: 'mpich',
    variables: {
      rank: ['PMI_RANK'],
      size: ['PMI_SIZE'],
      localRank: ['MPI_LOCALRANKID', 'PALS_LOCAL_RANKID', 'SLURM_LOCALID'],
      localSize: ['MPI_LOCALNRANKS', 'PALS_LOCAL_SIZE', 'SLURM_STEP_TASKS_PER_NODE'],
    },
  },
  {
    name: 'srun',
    family: 'open-mpi',
    variables: {
      rank: ['SLURM_PROCID'],
      size: ['SLURM_STEP_NUM_TASKS'], // not there in a batch script itself, which is one process
      localRank: ['SLURM_LOCALID'],
      localSize: ['SLURM_STEP_TASKS_PER_NODE'], // as in 2(x3)
    },
  },
] as const;
