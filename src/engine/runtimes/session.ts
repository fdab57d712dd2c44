import type { Tensor } from '../../base/tensor.ts';

/** Tensors by the name of the graph's input or output. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A loaded graph that can be run. Implemented on native ONNX Runtime; small enough for other runtimes to fit behind. */
export interface Session {
  /**
   * Runs the graph. Results are written into the caller's `outputs`, which must have the shapes that the graph
   * produces for these inputs. An output may be the very tensor that is an input, if the graph orders its reads before
   * the write. Neither may be touched until the promise settles. The event loop stays free meanwhile.
   * @throws FcnError (exit code 1) when the runtime reports an error.
   */
  run(inputs: NamedTensors, outputs: NamedTensors): Promise<void>;
  /** Frees the native memory of the session. Waits for a run that is under way. */
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that work on one operator. */
  readonly threads: number;
}

export interface GraphOptions extends SessionOptions {
  /**
   * The initializers of a graph that was encoded without their content. They are used where they lie, and must not change as long
   * as the session lives: what the runtime makes of them, it makes once.
   */
  readonly constants?: NamedTensors;
  /** Beginning of the path to which native ONNX Runtime writes its own profile of every node when the session is released. */
  readonly profile?: string;
}

export interface Runtime {
  createSession(model: Uint8Array, options: GraphOptions): Promise<Session>;
}
