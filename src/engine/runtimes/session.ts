import type { DataType, Tensor } from '../../base/tensor.ts';

/** What computes: the central processor, or a graphics processor, by WebGPU or by CUDA. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

/** Tensors by the name of the graph's input or output. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A tensor in the memory of a graphics processor: a handle, whose content only its sessions read and write. */
export interface DeviceTensor<T extends DataType = DataType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  /** Where it is, by which it is told from a tensor in JavaScript's memory. */
  readonly device: Device;
  /** The same memory under another shape of as many elements. It lives as long as this does. */
  reshaped(shape: readonly number[]): DeviceTensor<T>;
}

/** Tensors where they lie, by the name of the graph's input or output. */
export type BoundTensors = Readonly<Record<string, Tensor | DeviceTensor>>;

/** The memory of a graphics processor, as a session has it. Sessions of one device read and write each other's tensors. */
export interface DeviceMemory {
  /** A tensor that may hold anything. It lives until the session is released, and no session may use it afterwards. */
  allocate<T extends DataType>(dtype: T, shape: readonly number[]): DeviceTensor<T>;
  /** Copies tensors to the device, the first to the first and so on. Shapes may differ, numbers of elements not. */
  write(from: readonly Tensor[], to: readonly DeviceTensor[]): Promise<void>;
  /** Copies tensors from the device. */
  read(from: readonly DeviceTensor[], to: readonly Tensor[]): Promise<void>;
}

/** A loaded graph that can be run. Implemented on native ONNX Runtime; small enough for other runtimes to fit behind. */
export interface Session {
  /**
   * Runs the graph. Results are written into the caller's `outputs`, which must have the shapes that the graph
   * produces for these inputs. On the CPU an output may be the very tensor that is an input, if the graph orders its reads
   * before the write; on a graphics processor it may not. Neither may be touched until the promise settles. The event loop
   * stays free meanwhile.
   * @throws FcnError (exit code 1) when the runtime reports an error.
   */
  run(inputs: BoundTensors, outputs: BoundTensors): Promise<void>;
  /** Where tensors can be kept from run to run; undefined on the CPU, which takes them where they lie. */
  readonly memory: DeviceMemory | undefined;
  /** Frees the native memory of the session, and what was allocated in its memory. Waits for a run that is under way. */
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that work on one operator, where the CPU computes it. */
  readonly threads: number;
}

export interface GraphOptions extends SessionOptions {
  /**
   * The initializers of a graph that was encoded without their content. They are used where they lie, and must not change as long
   * as the session lives: what the runtime makes of them, it makes once.
   */
  readonly constants?: NamedTensors;
  /**
   * For graphs with 8-bit weights: the sums of native ONNX Runtime are exact on every processor, on some of them by slower kernels.
   */
  readonly exactIntegers?: boolean;
  /** Beginning of the path to which native ONNX Runtime writes its own profile of every node when the session is released. */
  readonly profile?: string;
}

export interface Runtime {
  /** What its sessions compute on. */
  readonly device: Device;
  /** Whether the CPU computes by WebAssembly, whose vectors are short. */
  readonly isWebAssembly?: boolean;
  /** Whether it has the operators of rewrites/blocked/. */
  readonly hasBlockedLayout?: boolean;
  createSession(model: Uint8Array, options: GraphOptions): Promise<Session>;
}
