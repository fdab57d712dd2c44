import type { Abi } from './abi.ts';

/** The ABI that MPICH, Intel MPI, Cray MPICH and MVAPICH share since 2014: handles are numbers (MPICH's mpi.h). */
export const mpich: Abi = {
  handle: 'int',
  inPlace: -1n,
  world: 0x44000000,
  float32: 0x4c00040a,
  float64: 0x4c00080b,
  byte: 0x4c00010d,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
};
