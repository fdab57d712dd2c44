import { byteSizeOf, bytesOf, type DataType, type Tensor } from '../../../base/tensor.ts';
import type { DeviceMemory, DeviceTensor } from '../session.ts';
import { orFail } from './or-fail.ts';

/** The parts of WebGPU that are used here. */
export interface GpuDevice {
  createBuffer(descriptor: { size: number; usage: number }): GpuBuffer;
  createCommandEncoder(): {
    copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, toAt: number, bytes: number): void;
    finish(): unknown;
  };
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, at: number, bytes: Uint8Array): void;
    submit(commands: readonly unknown[]): void;
  };
}

interface GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

/** GPUBufferUsage and GPUMapMode. */
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 };
const readMode = 1;

/** The memory of the browser's graphics processor. */
export class WebDeviceMemory implements DeviceMemory {
  readonly #device: GpuDevice;
  readonly #buffers: GpuBuffer[] = [];

  constructor(device: GpuDevice) {
    this.#device = device;
  }

  allocate<T extends DataType>(dtype: T, shape: readonly number[]): DeviceTensor<T> {
    const buffer = this.#device.createBuffer({
      size: sizeInBuffer(dtype, shape),
      usage: usage.storage | usage.copySource | usage.copyTarget,
    });
    this.#buffers.push(buffer);
    return new WebDeviceTensor(dtype, shape, buffer);
  }

  async write(from: readonly Tensor[], to: readonly DeviceTensor[]): Promise<void> {
    for (const [i, { data }] of from.entries()) {
      this.#device.queue.writeBuffer(bufferOf(to[i]!), 0, whole4(bytesOf(data)));
    }
  }

  async read(from: readonly DeviceTensor[], to: readonly Tensor[]): Promise<void> {
    const staged = from.map(({ dtype, shape }) => {
      const size = sizeInBuffer(dtype, shape);
      return { size, buffer: this.#device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget }) };
    });
    const encoder = this.#device.createCommandEncoder();
    for (const [i, { size, buffer }] of staged.entries()) {
      encoder.copyBufferToBuffer(bufferOf(from[i]!), 0, buffer, 0, size);
    }
    this.#device.queue.submit([encoder.finish()]);
    try {
      for (const [i, { buffer }] of staged.entries()) {
        await orFail('reading from the device', () => buffer.mapAsync(readMode));
        const target = bytesOf(to[i]!.data);
        target.set(new Uint8Array(buffer.getMappedRange(), 0, target.length));
      }
    } finally {
      for (const { buffer } of staged) buffer.destroy();
    }
  }

  release(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.destroy();
  }
}

/** What ONNX Runtime expects a buffer to have: a multiple of 16 bytes. */
function sizeInBuffer(dtype: DataType, shape: readonly number[]): number {
  return 16 * Math.ceil(byteSizeOf(dtype, shape) / 16);
}

/** WebGPU writes 4 bytes at once. */
function whole4(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4));
  padded.set(bytes);
  return padded;
}

class WebDeviceTensor<T extends DataType> implements DeviceTensor<T> {
  readonly device = 'webgpu';
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly buffer: GpuBuffer;

  constructor(dtype: T, shape: readonly number[], buffer: GpuBuffer) {
    this.dtype = dtype;
    this.shape = shape;
    this.buffer = buffer;
  }

  reshaped(shape: readonly number[]): DeviceTensor<T> {
    return new WebDeviceTensor(this.dtype, shape, this.buffer);
  }
}

/** The buffer of a tensor that lies on the device of this runtime. */
export function bufferOf(tensor: DeviceTensor): GpuBuffer {
  if (!(tensor instanceof WebDeviceTensor)) throw new Error('device tensor: got one of another runtime');
  return tensor.buffer;
}
