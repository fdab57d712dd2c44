import type { LibraryHandle } from 'koffi';

/**
 * What a family of MPI libraries puts behind the names of the standard: MPI says how functions are called, not what a
 * communicator or a data type is. Libraries of one family can stand for each other.
 */
export interface Abi {
  /** The C type of handles. */
  readonly handle: 'void*' | 'int';
  /** Says that the result goes where the argument is. */
  readonly inPlace: bigint;
  readonly world: unknown;
  readonly float32: unknown;
  readonly float64: unknown;
  readonly byte: unknown;
  readonly sum: unknown;
  /** Errors are returned instead of ending the process. */
  readonly errorsReturn: unknown;
}

/** The functions that are called, with HANDLE for the type of handles. All return an error code, 0 for success. */
const signatures = {
  MPI_Init_thread: '(void* argc, void* argv, int required, _Out_ int* provided)',
  MPI_Finalize: '()',
  MPI_Get_library_version: '(void* text, _Out_ int* length)',
  MPI_Error_string: '(int code, void* text, _Out_ int* length)',
  MPI_Comm_rank: '(HANDLE comm, _Out_ int* rank)',
  MPI_Comm_size: '(HANDLE comm, _Out_ int* size)',
  MPI_Comm_set_errhandler: '(HANDLE comm, HANDLE handler)',
  MPI_Abort: '(HANDLE comm, int code)',
  MPI_Barrier: '(HANDLE comm)',
  MPI_Allreduce: '(void* from, void* to, int count, HANDLE type, HANDLE operation, HANDLE comm)',
  MPI_Iallreduce:
    '(void* from, void* to, int count, HANDLE type, HANDLE operation, HANDLE comm, void* request)',
  MPI_Bcast: '(void* data, int count, HANDLE type, int root, HANDLE comm)',
  MPI_Ibcast: '(void* data, int count, HANDLE type, int root, HANDLE comm, void* request)',
  MPI_Test: '(void* request, _Out_ int* done, void* status)',
  MPI_Allgather: '(void* from, int count, HANDLE type, void* to, int eachCount, HANDLE toType, HANDLE comm)',
  MPI_Gatherv:
    '(void* from, int count, HANDLE type, void* to, void* counts, void* starts, HANDLE toType, int root, HANDLE comm)',
} as const;

export type MpiFunctions = Record<keyof typeof signatures, ReturnType<LibraryHandle['func']>>;

export function functionsOf(library: LibraryHandle, { handle }: Pick<Abi, 'handle'>): MpiFunctions {
  const entries = Object.entries(signatures).map(([name, parameters]) => {
    return [name, library.func(`int ${name}${parameters.replaceAll('HANDLE', handle)}`)] as const;
  });
  return Object.fromEntries(entries) as MpiFunctions;
}
