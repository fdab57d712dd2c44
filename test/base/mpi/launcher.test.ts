import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadMpi } from '../../../src/base/mpi/find-library.ts';
import { findLauncher, threadsOf } from '../../../src/base/mpi/launcher.ts';

describe('findLauncher', () => {
  it.each([
    [
      {
        OMPI_COMM_WORLD_RANK: '3',
        OMPI_COMM_WORLD_SIZE: '8',
        OMPI_COMM_WORLD_LOCAL_RANK: '1',
        OMPI_COMM_WORLD_LOCAL_SIZE: '2',
      },
      { family: 'open-mpi', rank: 3, size: 8, localRank: 1, localSize: 2 },
    ],
    [
      { PMI_RANK: '1', PMI_SIZE: '2', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '1' },
      { family: 'mpich', rank: 1, size: 2, localRank: 0, localSize: 1 },
    ],
    [
      {
        SLURM_PROCID: '5',
        SLURM_STEP_NUM_TASKS: '6',
        SLURM_LOCALID: '1',
        SLURM_STEP_TASKS_PER_NODE: '2(x3)',
      },
      { name: 'srun', rank: 5, size: 6, localRank: 1, localSize: 2 },
    ],
    [
      // mpirun below srun: the variables of the inner one count
      { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '4', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '2' },
      { family: 'open-mpi', rank: 0, size: 4 },
    ],
  ])('reads %j', (environment, expected) => {
    expect(findLauncher(environment)).toMatchObject(expected);
  });

  it.each([
    ['nothing', {}],
    [
      'a batch script of Slurm, which is one process',
      { SLURM_PROCID: '0', SLURM_NTASKS: '4', SLURM_JOB_ID: '7' },
    ],
    ['a launcher that started one process', { PMI_RANK: '0', PMI_SIZE: '1' }],
  ])('finds none in the environment of %s', (_, environment) => {
    expect(findLauncher(environment)).toBeUndefined();
  });
});

const launcher = findLauncher({ PMI_RANK: '0', PMI_SIZE: '2', MPI_LOCALNRANKS: '2' })!;

describe('threadsOf', () => {
  it('shares the processors of a machine among its processes, and leaves each at least one', () => {
    expect(threadsOf(launcher)).toBe(Math.max(1, Math.floor(availableParallelism() / 2)));
    expect(threadsOf({ ...launcher, localSize: 1000 })).toBe(1);
  });

  it('takes the processors that are its own', () => {
    expect(threadsOf({ ...launcher, localSize: 1000, ownProcessors: availableParallelism() })).toBe(
      availableParallelism(),
    );
  });
});

describe('loadMpi', () => {
  it('says in a sentence that a library is not there', () => {
    expect(() => loadMpi('/nowhere/libmpi.so', launcher)).toThrow(
      /^MPI: got \/nowhere\/libmpi\.so with MPICH's mpirun \(.*\), expected an MPI library; .*--mpi FILE/,
    );
  });

  it('refuses a library that is another', () => {
    expect(() => loadMpi('libc.so.6', launcher)).toThrow(/^MPI: got libc\.so\.6 .*expected an MPI library/);
  });
});
