import type { LibraryHandle } from 'koffi';
import { failure, reasonOf } from '../../../base/errors.ts';
import { koffi } from '../../../base/koffi.ts';
import { lacksMemory } from '../../../base/memory.ts';
import { findLibrary } from './library-path.ts';

/** A pointer that ONNX Runtime handed out. */
export type Pointer = unknown;

/**
 * The functions of ONNX Runtime's C interface that we call: name, position in the `OrtApi` table, and C signature.
 * The table only ever grows at its end (onnxruntime_c_api.h), so a position, once released, is for good.
 * All but GetErrorMessage and the Release functions return an OrtStatus pointer: null is success.
 */
const signatures = {
  GetErrorMessage: [2, 'const char* GetErrorMessage(void* status)'],
  CreateEnv: [3, 'void* CreateEnv(int level, const char* id, _Out_ void** env)'],
  DisableTelemetryEvents: [6, 'void* DisableTelemetryEvents(void* env)'],
  CreateSessionFromArray: [
    8,
    'void* CreateSessionFromArray(void* env, const void* model, size_t bytes, void* options, _Out_ void** session)',
  ],
  Run: [
    9,
    'void* Run(void* session, void* options, const char** inputNames, void** inputs, size_t inputCount, ' +
      'const char** outputNames, size_t outputCount, _Inout_ void** outputs)',
  ],
  CreateSessionOptions: [10, 'void* CreateSessionOptions(_Out_ void** options)'],
  EnableProfiling: [14, 'void* EnableProfiling(void* options, const char* prefix)'],
  DisableMemPattern: [17, 'void* DisableMemPattern(void* options)'],
  SetSessionGraphOptimizationLevel: [23, 'void* SetSessionGraphOptimizationLevel(void* options, int level)'],
  SetIntraOpNumThreads: [24, 'void* SetIntraOpNumThreads(void* options, int threads)'],
  CreateTensorAsOrtValue: [
    48,
    'void* CreateTensorAsOrtValue(void* allocator, const int64_t* shape, size_t rank, int type, _Out_ void** value)',
  ],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void* CreateTensorWithDataAsOrtValue(void* info, void* data, size_t bytes, const int64_t* shape, size_t rank, int type, _Out_ void** value)',
  ],
  GetTensorMutableData: [51, 'void* GetTensorMutableData(void* value, _Out_ void** data)'],
  CreateMemoryInfo: [
    68,
    'void* CreateMemoryInfo(const char* name, int allocator, int id, int memory, _Out_ void** info)',
  ],
  CreateCpuMemoryInfo: [69, 'void* CreateCpuMemoryInfo(int allocator, int memory, _Out_ void** info)'],
  ReleaseStatus: [93, 'void ReleaseStatus(void* status)'],
  ReleaseMemoryInfo: [94, 'void ReleaseMemoryInfo(void* info)'],
  ReleaseSession: [95, 'void ReleaseSession(void* session)'],
  ReleaseValue: [96, 'void ReleaseValue(void* value)'],
  ReleaseSessionOptions: [100, 'void ReleaseSessionOptions(void* options)'],
  AddSessionConfigEntry: [
    130,
    'void* AddSessionConfigEntry(void* options, const char* key, const char* value)',
  ],
  CreateAllocator: [131, 'void* CreateAllocator(void* session, void* info, _Out_ void** allocator)'],
  ReleaseAllocator: [132, 'void ReleaseAllocator(void* allocator)'],
  RunWithBinding: [133, 'void* RunWithBinding(void* session, void* options, void* binding)'],
  CreateIoBinding: [134, 'void* CreateIoBinding(void* session, _Out_ void** binding)'],
  ReleaseIoBinding: [135, 'void ReleaseIoBinding(void* binding)'],
  BindInput: [136, 'void* BindInput(void* binding, const char* name, void* value)'],
  BindOutput: [137, 'void* BindOutput(void* binding, const char* name, void* value)'],
  ClearBoundInputs: [141, 'void ClearBoundInputs(void* binding)'],
  ClearBoundOutputs: [142, 'void ClearBoundOutputs(void* binding)'],
  CreateAndRegisterAllocator: [144, 'void* CreateAndRegisterAllocator(void* env, void* info, void* arena)'],
  ReleaseArenaCfg: [157, 'void ReleaseArenaCfg(void* arena)'],
  CreateArenaCfgV2: [
    164,
    'void* CreateArenaCfgV2(const char** keys, const size_t* values, size_t count, _Out_ void** arena)',
  ],
  UnregisterAllocator: [177, 'void* UnregisterAllocator(void* env, void* info)'],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [
    204,
    'void* SessionOptionsAppendExecutionProvider_CUDA_V2(void* options, void* cuda)',
  ],
  CreateCUDAProviderOptions: [205, 'void* CreateCUDAProviderOptions(_Out_ void** options)'],
  UpdateCUDAProviderOptions: [
    206,
    'void* UpdateCUDAProviderOptions(void* options, const char** keys, const char** values, size_t count)',
  ],
  ReleaseCUDAProviderOptions: [208, 'void ReleaseCUDAProviderOptions(void* options)'],
  AddExternalInitializers: [
    210,
    'void* AddExternalInitializers(void* options, const char** names, void** values, size_t count)',
  ],
  SessionOptionsAppendExecutionProvider: [
    216,
    'void* SessionOptionsAppendExecutionProvider(void* options, const char* name, const char** keys, ' +
      'const char** values, size_t count)',
  ],
  CopyTensors: [386, 'void* CopyTensors(void* env, void** from, void** to, void* stream, size_t count)'],
} as const satisfies Record<string, readonly [position: number, signature: string]>;

type OrtFunction = ReturnType<LibraryHandle['func']>;
type OrtFunctions = Record<keyof typeof signatures, OrtFunction>;

/** The version of the interface that we ask for. All of the above is in it, and newer libraries still serve it. */
const apiVersion = 23;

export interface Ort extends OrtFunctions {
  /** The library's file. */
  readonly file: string;
  /** Held on to: koffi unloads a library whose handle is garbage, while its functions may still be called. */
  readonly library: LibraryHandle;
  /** Of ONNX Runtime, as in `1.30.0`. */
  readonly version: string;
  /** Throws the message of a status, if it is one, and frees it. `doing` says what was tried. */
  check(status: Pointer, doing: string): void;
  /** Calls a function whose last argument receives a new pointer, and returns that pointer. */
  make(doing: string, call: (out: [Pointer]) => Pointer): Pointer;
}

let loaded: Ort | undefined;

/** ONNX Runtime, loaded once a process. @throws FcnError (exit code 1) when there is no library for this platform. */
export function ort(): Ort {
  loaded ??= load(findLibrary());
  return loaded;
}

function load(file: string): Ort {
  let library: LibraryHandle;
  try {
    library = koffi.load(file);
  } catch (thrown) {
    if (lacksMemory(thrown)) throw thrown;
    throw failure(`ONNX Runtime: cannot load ${file}: ${reasonOf(thrown)}; install fcn again`, thrown);
  }
  const base = library.func('void* OrtGetApiBase()')();
  const getApi = koffi.decode(koffi.decode(base, 0, 'void*'), koffi.proto('void* GetApi(uint32_t version)'));
  const api = getApi(apiVersion);
  if (!api)
    throw failure(`ONNX Runtime: ${file} does not know interface version ${apiVersion}; install fcn again`);

  const pointerSize = koffi.sizeof('void*');
  const getVersion = koffi.decode(
    koffi.decode(base, pointerSize, 'void*'),
    koffi.proto('const char* GetVersionString()'),
  );
  const functions = Object.fromEntries(
    Object.entries(signatures).map(([name, [position, signature]]) => [
      name,
      koffi.decode(koffi.decode(api, position * pointerSize, 'void*'), koffi.proto(signature)),
    ]),
  ) as OrtFunctions;

  const check = (status: Pointer, doing: string) => {
    if (!status) return;
    const message = functions.GetErrorMessage(status) as string;
    functions.ReleaseStatus(status);
    throw failure(`ONNX Runtime: ${doing} failed: ${message}`);
  };
  const make = (doing: string, call: (out: [Pointer]) => Pointer) => {
    const out: [Pointer] = [null];
    check(call(out), doing);
    return out[0];
  };
  return { ...functions, file, library, version: getVersion() as string, check, make };
}
