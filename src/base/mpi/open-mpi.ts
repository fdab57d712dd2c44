import type { LibraryHandle } from 'koffi';
import { koffi } from '../koffi.ts';
import type { Abi } from './abi.ts';

/** Open MPI: handles are the addresses of objects that the library exports (its mpi.h). */
export function openMpi(library: LibraryHandle): Abi {
  const address = (name: string) => koffi.address(library.symbol(`ompi_mpi_${name}`, 'char'));
  return {
    handle: 'void*',
    inPlace: 1n,
    world: address('comm_world'),
    float32: address('float'),
    float64: address('double'),
    byte: address('byte'),
    sum: address('op_sum'),
    errorsReturn: address('errors_return'),
  };
}
