import { inputError, reasonOf } from '../../../base/errors.ts';
import { cudaFiles } from './library-path.ts';
import type { GraphicsDevice } from './memory.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** Settings of a provider of ONNX Runtime, by its names for them. */
export type ProviderSettings = Readonly<Record<string, string>>;

/**
 * Lets a session compute on a graphics processor.
 * @throws FcnError (exit code 2) when there is none, or what it needs is not installed
 */
export function useProvider(
  api: Ort,
  sessionOptions: Pointer,
  device: GraphicsDevice,
  settings: ProviderSettings,
): void {
  if (device === 'cuda') useCuda(api, sessionOptions, settings);
  else useWebgpu(api, sessionOptions, settings);
}

/**
 * In its default layout, NHWC, version 1.30 computes convolutions of 6, 9, 21 channels wrongly: those divisible by 3, not by
 * 4, and more than 3, to a multiple of 4 (docs/onnxruntime-nhwc.md).
 */
const webgpuSettings: ProviderSettings = { preferredLayout: 'NCHW' };

function useWebgpu(api: Ort, sessionOptions: Pointer, given: ProviderSettings): void {
  const settings = { ...webgpuSettings, ...given };
  const [keys, values] = [Object.keys(settings), Object.values(settings)];
  try {
    api.check(
      api.SessionOptionsAppendExecutionProvider(sessionOptions, 'WebGPU', keys, values, keys.length),
      'reaching WebGPU',
    );
  } catch (thrown) {
    // Where in ONNX Runtime it was found out is of no use to anybody.
    const [reason] = /Failed to get a WebGPU adapter.*/.exec(reasonOf(thrown)) ?? [reasonOf(thrown)];
    throw inputError(
      `device webgpu: got none (${reason.trim()}), expected a GPU with its driver; ${driverAdvice()}, or ` +
        'leave out --device',
      thrown,
    );
  }
}

function driverAdvice(): string {
  const advice: Readonly<Record<string, string>> = {
    linux: "install its Vulkan driver (Debian: libvulkan1 with mesa-vulkan-drivers, or NVIDIA's own driver)",
    darwin: 'use a Mac with Metal',
    win32: "install the maker's driver, with Direct3D 12",
  };
  return advice[process.platform] ?? 'install its driver';
}

/** TF32 has 10 bits of precision, too few for what fcn promises. */
const cudaSettings: ProviderSettings = { use_tf32: '0' };

/** The documented way (onnxruntime_c_api.h): options of the provider, their settings, and the session options. */
function useCuda(api: Ort, sessionOptions: Pointer, given: ProviderSettings): void {
  const settings = { ...cudaSettings, ...given };
  const missing = cudaFiles(api.file).find(({ exists }) => !exists);
  if (missing) {
    throw inputError(
      `device cuda: got no ${missing.file}, expected the CUDA provider of ONNX Runtime next to its library; install it with ` +
        '`npm install onnxruntime-node@1.30.0 --onnxruntime-node-install=cuda12` (Linux on x64, with CUDA 12 and cuDNN 9), ' +
        'or use --device webgpu',
    );
  }
  try {
    const options = api.make('preparing CUDA', (out) => api.CreateCUDAProviderOptions(out));
    try {
      const [keys, values] = [Object.keys(settings), Object.values(settings)];
      api.check(api.UpdateCUDAProviderOptions(options, keys, values, keys.length), 'setting up CUDA');
      api.check(api.SessionOptionsAppendExecutionProvider_CUDA_V2(sessionOptions, options), 'reaching CUDA');
    } finally {
      api.ReleaseCUDAProviderOptions(options);
    }
  } catch (thrown) {
    throw inputError(
      `device cuda: got none (${reasonOf(thrown)}), expected an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9; install ` +
        'these, or use --device webgpu',
      thrown,
    );
  }
}
