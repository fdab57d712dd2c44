import type { Tensor } from '../../../base/tensor.ts';
import { elementTypes } from '../../onnx/element-types.ts';
import type { Device } from '../session.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** OrtAllocatorType and OrtMemType. */
const deviceAllocator = 0;
const arenaAllocator = 1;
const defaultMemory = 0;

let memory: Pointer;
/** Describes memory that JavaScript allocated. */
function cpuMemory(api: Ort): Pointer {
  memory ??= describeMemory(api, deviceAllocator);
  return memory;
}

/** A handle on the memory of a tensor, which must outlive it. To be released. */
export function valueOn(api: Ort, { dtype, shape, data }: Tensor, doing: string): Pointer {
  return api.make(doing, (out) =>
    api.CreateTensorWithDataAsOrtValue(
      ...[cpuMemory(api), data, data.byteLength, shape, shape.length, elementTypes[dtype], out],
    ),
  );
}

/** Describes memory that comes from an arena. To be released. */
export function arenaMemory(api: Ort): Pointer {
  return describeMemory(api, arenaAllocator);
}

function describeMemory(api: Ort, allocator: number): Pointer {
  return api.make('describing memory', (out) => api.CreateCpuMemoryInfo(allocator, defaultMemory, out));
}

export type GraphicsDevice = Exclude<Device, 'cpu'>;

/** What ONNX Runtime calls the memory of its providers. */
const memoryNames: Readonly<Record<GraphicsDevice, string>> = { webgpu: 'WebGPU_Buffer', cuda: 'Cuda' };

const ofDevices = new Map<GraphicsDevice, Pointer>();
/** Describes the memory of the first graphics processor. */
export function graphicsMemory(api: Ort, device: GraphicsDevice): Pointer {
  const known = ofDevices.get(device);
  if (known) return known;
  const info = api.make('describing memory of the device', (out) =>
    api.CreateMemoryInfo(memoryNames[device], deviceAllocator, 0, defaultMemory, out),
  );
  ofDevices.set(device, info);
  return info;
}
