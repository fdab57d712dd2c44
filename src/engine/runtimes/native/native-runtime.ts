import type { Tensor } from '../../../base/tensor.ts';
import { elementTypes } from '../../onnx/element-types.ts';
import { RunQueue } from '../run-queue.ts';
import type { NamedTensors, Runtime, Session, SessionOptions } from '../session.ts';
import { type Ort, ort, type Pointer } from './ort-api.ts';

/** ONNX Runtime in this process, on the CPU. Tensors are used where they lie: nothing is copied in or out. */
export const nativeRuntime: Runtime = {
  async createSession(model, options) {
    const api = ort();
    const sessionOptions = createOptions(api, options);
    try {
      const session = withOwnArena(api, (environment) =>
        api.make('loading the graph', (out) =>
          api.CreateSessionFromArray(environment, model, model.byteLength, sessionOptions, out),
        ),
      );
      return new NativeSession(api, session);
    } finally {
      api.ReleaseSessionOptions(sessionOptions);
    }
  },
};

class NativeSession implements Session {
  readonly #api: Ort;
  #session: Pointer;
  /** The tensor that each name was last bound to, with its handle. Runs mostly repeat the same bindings. */
  readonly #bindings = new Map<string, { tensor: Tensor; value: Pointer }>();
  readonly #runs = new RunQueue();

  constructor(api: Ort, session: Pointer) {
    this.#api = api;
    this.#session = session;
  }

  run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    return this.#runs.add(() => this.#run(inputs, outputs));
  }

  async release(): Promise<void> {
    await this.#runs.ended();
    for (const { value } of this.#bindings.values()) this.#api.ReleaseValue(value);
    this.#bindings.clear();
    if (this.#session) this.#api.ReleaseSession(this.#session);
    this.#session = null;
  }

  #run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    if (!this.#session) throw new Error('run: the session was released');
    const inputNames = Object.keys(inputs);
    const outputNames = Object.keys(outputs);
    const inputValues = inputNames.map((name) => this.#bind(`input ${name}`, inputs[name]!));
    const outputValues = outputNames.map((name) => this.#bind(`output ${name}`, outputs[name]!));
    return new Promise((resolve, reject) => {
      const done = (error: unknown, status: Pointer) => {
        try {
          if (error) throw error;
          this.#api.check(status, 'running the graph');
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      };
      this.#api.Run.async(
        ...[this.#session, null, inputNames, inputValues, inputNames.length],
        ...[outputNames, outputNames.length, outputValues, done],
      );
    });
  }

  /** A handle on the tensor's own memory. The binding also keeps the tensor alive for as long as the handle lives. */
  #bind(slot: string, tensor: Tensor): Pointer {
    const bound = this.#bindings.get(slot);
    if (bound?.tensor === tensor) return bound.value;
    if (bound) this.#api.ReleaseValue(bound.value);
    const { dtype, shape, data } = tensor;
    const value = this.#api.make(`binding ${slot}`, (out) =>
      this.#api.CreateTensorWithDataAsOrtValue(
        ...[cpuMemory(this.#api), data, data.byteLength, shape, shape.length, elementTypes[dtype], out],
      ),
    );
    this.#bindings.set(slot, { tensor, value });
    return value;
  }
}

/** OrtLoggingLevel, fatal: errors come back as statuses, and warnings tell the user nothing. */
const logFatal = 4;
/** OrtAllocatorType and OrtMemType. */
const deviceAllocator = 0;
const arenaAllocator = 1;
const defaultMemory = 0;

let environment: Pointer;
function sharedEnvironment(api: Ort): Pointer {
  environment ??= api.make('starting', (out) => api.CreateEnv(logFatal, 'fcn', out));
  return environment;
}

let memory: Pointer;
/** Describes memory that JavaScript allocated. */
function cpuMemory(api: Ort): Pointer {
  memory ??= describeMemory(api, deviceAllocator);
  return memory;
}

function describeMemory(api: Ort, allocator: number): Pointer {
  return api.make('describing memory', (out) => api.CreateCpuMemoryInfo(allocator, defaultMemory, out));
}

/** ArenaExtendStrategy. */
const nextPowerOfTwo = 0;
const asRequested = 1;

/**
 * How an arena gets memory from the system: an eighth of a gigabyte, then twice as much each time. It is only addresses
 * until it is touched, and in one region free pieces join, whatever was there before; but each region comes with a table
 * of a 32nd of its size, which is memory. Windows counts addresses as memory: there, what is asked for.
 * (The default arena begins with a megabyte: a training step then takes more than twice the memory.)
 */
const arenaGrowth: Readonly<Record<string, number>> =
  process.platform === 'win32'
    ? { arena_extend_strategy: asRequested }
    : { arena_extend_strategy: nextPowerOfTwo, initial_chunk_size_bytes: 2 ** 27 };

/**
 * Creates a session with an arena of its own. Arenas are configured on the environment, so one is registered there,
 * taken by the session, and unregistered: from then on it lives and dies with the session.
 */
function withOwnArena(api: Ort, createSession: (environment: Pointer) => Pointer): Pointer {
  const shared = sharedEnvironment(api);
  const info = describeMemory(api, arenaAllocator);
  const settings = { ...arenaGrowth, max_mem: 0 };
  const arena = api.make('configuring memory', (out) =>
    api.CreateArenaCfgV2(Object.keys(settings), Object.values(settings), Object.keys(settings).length, out),
  );
  try {
    api.check(api.CreateAndRegisterAllocator(shared, info, arena), 'creating an arena');
    try {
      return createSession(shared);
    } finally {
      api.check(api.UnregisterAllocator(shared, info), 'handing over the arena');
    }
  } finally {
    api.ReleaseArenaCfg(arena);
    api.ReleaseMemoryInfo(info);
  }
}

/** GraphOptimizationLevel: every rewrite, those that choose blocked memory layouts included. */
const allOptimizations = 99;

function createOptions(api: Ort, { threads }: SessionOptions): Pointer {
  const options = api.make('creating options', (out) => api.CreateSessionOptions(out));
  api.check(
    api.SetSessionGraphOptimizationLevel(options, allOptimizations),
    'setting the optimization level',
  );
  api.check(api.SetIntraOpNumThreads(options, threads), 'setting threads');
  api.check(api.AddSessionConfigEntry(options, 'session.use_env_allocators', '1'), 'choosing the arena');
  // A memory pattern is a second copy of what the arena already holds, one for every image size that occurs.
  api.check(api.DisableMemPattern(options), 'disabling memory patterns');
  // For developers: FCN_PROFILE=PREFIX writes ONNX Runtime's own profile of every operator to PREFIX_*.json.
  if (process.env.FCN_PROFILE) api.check(api.EnableProfiling(options, process.env.FCN_PROFILE), 'profiling');
  return options;
}
