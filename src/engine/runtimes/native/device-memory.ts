import { byteSizeOf, type DataType, type Tensor } from '../../../base/tensor.ts';
import { elementTypes } from '../../onnx/element-types.ts';
import type { DeviceMemory, DeviceTensor } from '../session.ts';
import { sharedEnvironment } from './environment.ts';
import { type GraphicsDevice, graphicsMemory, valueOn } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** The memory of a graphics processor through a session of ONNX Runtime. */
export class NativeDeviceMemory implements DeviceMemory {
  readonly #api: Ort;
  readonly #session: Pointer;
  readonly #device: GraphicsDevice;
  readonly #tensors: NativeDeviceTensor[] = [];
  #allocator: Pointer;

  constructor(api: Ort, session: Pointer, device: GraphicsDevice) {
    this.#api = api;
    this.#session = session;
    this.#device = device;
  }

  allocate<T extends DataType>(dtype: T, shape: readonly number[]): DeviceTensor<T> {
    const api = this.#api;
    this.#allocator ??= api.make('reaching the memory of the device', (out) =>
      api.CreateAllocator(this.#session, graphicsMemory(api, this.#device), out),
    );
    const value = api.make('allocating on the device', (out) =>
      api.CreateTensorAsOrtValue(this.#allocator, shape, shape.length, elementTypes[dtype], out),
    );
    return this.#keep(dtype, shape, value);
  }

  async write(from: readonly Tensor[], to: readonly DeviceTensor[]): Promise<void> {
    this.#copy(from.length, (hosts) => [from.map((tensor) => hosts(tensor)), to.map(handleOf)]);
  }

  async read(from: readonly DeviceTensor[], to: readonly Tensor[]): Promise<void> {
    this.#copy(from.length, (hosts) => [from.map(handleOf), to.map((tensor) => hosts(tensor))]);
  }

  /** Before the session is released: ONNX Runtime ends the process if it is asked to free a tensor afterwards. */
  release(): void {
    for (const tensor of this.#tensors.splice(0)) tensor.release(this.#api);
    if (this.#allocator) this.#api.ReleaseAllocator(this.#allocator);
    this.#allocator = null;
  }

  #keep<T extends DataType>(dtype: T, shape: readonly number[], value: Pointer): DeviceTensor<T> {
    const alias = (other: readonly number[]) => this.#keep(dtype, other, this.#alias(dtype, other, value));
    const tensor = new NativeDeviceTensor(this.#device, { dtype, shape, value, alias });
    this.#tensors.push(tensor);
    return tensor as NativeDeviceTensor & DeviceTensor<T>;
  }

  /** What a tensor of a device has for data is a handle of its memory: a second tensor may have the same. */
  #alias(dtype: DataType, shape: readonly number[], value: Pointer): Pointer {
    const api = this.#api;
    const data = api.make('reaching a tensor of the device', (out) => api.GetTensorMutableData(value, out));
    const info = graphicsMemory(api, this.#device);
    return api.make('reshaping a tensor of the device', (out) =>
      api.CreateTensorWithDataAsOrtValue(
        ...[info, data, byteSizeOf(dtype, shape), shape, shape.length, elementTypes[dtype], out],
      ),
    );
  }

  /** ONNX Runtime copies in this thread, and returns when all is copied. */
  #copy(
    count: number,
    ends: (host: (tensor: Tensor) => Pointer) => [from: readonly Pointer[], to: readonly Pointer[]],
  ): void {
    if (count === 0) return;
    const api = this.#api;
    const hosts: Pointer[] = [];
    try {
      const [from, to] = ends((tensor) => {
        const value = valueOn(api, tensor, 'binding a tensor');
        hosts.push(value);
        return value;
      });
      api.check(api.CopyTensors(sharedEnvironment(api), from, to, null, count), 'copying tensors');
    } finally {
      for (const value of hosts) api.ReleaseValue(value);
    }
  }
}

interface Kept {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly value: Pointer;
  readonly alias: (shape: readonly number[]) => DeviceTensor;
}

class NativeDeviceTensor implements DeviceTensor {
  readonly device: GraphicsDevice;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly reshaped: (shape: readonly number[]) => DeviceTensor;
  #value: Pointer;

  constructor(device: GraphicsDevice, { dtype, shape, value, alias }: Kept) {
    this.device = device;
    this.dtype = dtype;
    this.shape = shape;
    this.reshaped = alias;
    this.#value = value;
  }

  get value(): Pointer {
    if (!this.#value) throw new Error('device tensor: its session was released');
    return this.#value;
  }

  release(api: Ort): void {
    api.ReleaseValue(this.#value);
    this.#value = null;
  }
}

/** The handle of a tensor that lies on a device of this runtime. */
export function handleOf(tensor: DeviceTensor): Pointer {
  if (!(tensor instanceof NativeDeviceTensor)) throw new Error('device tensor: got one of another runtime');
  return tensor.value;
}
