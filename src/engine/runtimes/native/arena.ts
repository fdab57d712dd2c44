import { canUseHugePages, useHugePages } from '../../../base/huge-pages.ts';
import { koffi } from '../../../base/koffi.ts';
import { elementTypes } from '../../onnx/element-types.ts';
import { RunQueue } from '../run-queue.ts';
import { sharedEnvironment } from './environment.ts';
import { arenaMemory } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** ArenaExtendStrategy. */
const nextPowerOfTwo = 0;
const asRequested = 1;

const firstRegion = 2 ** 27;

/**
 * How an arena gets memory from the system: an eighth of a gigabyte, then twice as much each time. It is only addresses
 * until it is touched, and in one region free pieces join, whatever was there before; but each region comes with a table
 * of a 32nd of its size, which is memory. Windows counts addresses as memory: there, what is asked for.
 * (The default arena begins with a megabyte: a training step then takes more than twice the memory.)
 */
const arenaGrowth: Readonly<Record<string, number>> =
  process.platform === 'win32'
    ? { arena_extend_strategy: asRequested }
    : { arena_extend_strategy: nextPowerOfTwo, initial_chunk_size_bytes: firstRegion };

/** Sessions being created: each registers its arena in the same place. */
const creations = new RunQueue();

/**
 * Creates a session with an arena of its own. Arenas are configured on the environment, so one is registered there,
 * taken by the session, and unregistered: from then on it lives and dies with the session.
 */
export function withOwnArena(
  api: Ort,
  createSession: (environment: Pointer) => Promise<Pointer>,
): Promise<Pointer> {
  return creations.add(() => inRegisteredArena(api, createSession));
}

async function inRegisteredArena(
  api: Ort,
  createSession: (environment: Pointer) => Promise<Pointer>,
): Promise<Pointer> {
  const shared = sharedEnvironment(api);
  const info = arenaMemory(api);
  const settings = { ...arenaGrowth, max_mem: 0 };
  const arena = api.make('configuring memory', (out) =>
    api.CreateArenaCfgV2(Object.keys(settings), Object.values(settings), Object.keys(settings).length, out),
  );
  try {
    api.check(api.CreateAndRegisterAllocator(shared, info, arena), 'creating an arena');
    try {
      return await createSession(shared);
    } finally {
      api.check(api.UnregisterAllocator(shared, info), 'handing over the arena');
    }
  } finally {
    api.ReleaseArenaCfg(arena);
    api.ReleaseMemoryInfo(info);
  }
}

/** Lets the first region of a session's arena have huge pages, before most of it is touched. */
export function useHugePagesInArena(api: Ort, session: Pointer): void {
  if (canUseHugePages) useHugePages(addressInArena(api, session), firstRegion);
}

/** Where the arena begins, or a little later: it asks the system for memory when it is asked first. */
function addressInArena(api: Ort, session: Pointer): number {
  const info = arenaMemory(api);
  let allocator: Pointer = null;
  let tensor: Pointer = null;
  try {
    allocator = api.make('reaching the arena', (out) => api.CreateAllocator(session, info, out));
    tensor = api.make('allocating in the arena', (out) =>
      api.CreateTensorAsOrtValue(allocator, [1], 1, elementTypes.float32, out),
    );
    const data = api.make('looking at the arena', (out) => api.GetTensorMutableData(tensor, out));
    return Number(koffi.address(data));
  } finally {
    if (tensor) api.ReleaseValue(tensor);
    if (allocator) api.ReleaseAllocator(allocator);
    api.ReleaseMemoryInfo(info);
  }
}
