import type { Ort, Pointer } from './ort-api.ts';

/** OrtAllocatorType and OrtMemType. */
const deviceAllocator = 0;
const arenaAllocator = 1;
const defaultMemory = 0;

let memory: Pointer;
/** Describes memory that JavaScript allocated. */
export function cpuMemory(api: Ort): Pointer {
  memory ??= describeMemory(api, deviceAllocator);
  return memory;
}

/** Describes memory that comes from an arena. To be released. */
export function arenaMemory(api: Ort): Pointer {
  return describeMemory(api, arenaAllocator);
}

function describeMemory(api: Ort, allocator: number): Pointer {
  return api.make('describing memory', (out) => api.CreateCpuMemoryInfo(allocator, defaultMemory, out));
}
