import { existsSync } from 'node:fs';
import { koffi } from '../src/base/koffi.ts';
import { nativeDevice } from '../src/engine/runtimes/native/native-runtime.ts';

/** SwiftShader, which Chromium brings along: a graphics processor that software imitates. Slow, but its shaders are those of any other. */
const folder = '/usr/lib/chromium';
const [driver, loader] = [`${folder}/vk_swiftshader_icd.json`, `${folder}/libvulkan.so.1`];
const isThere = existsSync(driver) && existsSync(loader);

const missing = !isThere && process.env.FCN_TEST_REQUIRE !== 'all';

/** For `describe.skipIf`, and its name with what is to be installed. */
export const gpuTests = (name: string) => ({
  missing,
  name: missing ? `${name} (needs the SwiftShader of Chromium: apt-get install chromium)` : name,
});

/** What a process needs to find it. */
export const softwareGpuEnvironment = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder };

/** WebGPU on it, in this process, with WebGPU's own validation of every command, as browsers have it. */
export function softwareGpu(settings: Record<string, string> = {}) {
  process.env.VK_ICD_FILENAMES = driver;
  if (isThere) koffi.load(loader); // which is then found by its name
  return nativeDevice('webgpu', { validationMode: 'basic', ...settings });
}
