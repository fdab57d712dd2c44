import { existsSync } from 'node:fs';
import { koffi } from '../src/base/koffi.ts';
import { encodeModel } from '../src/engine/graph/encode.ts';
import { Graph } from '../src/engine/graph/graph.ts';
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

/**
 * Opens a session that stays until the process ends: ONNX Runtime keeps compiled shaders for as long as it has a session, and
 * software takes long to compile them.
 */
export async function keepShaders(): Promise<void> {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [1]);
  graph.output('y', graph.emit('Relu', [x]), 'float32', [1]);
  await softwareGpu().createSession(encodeModel(graph, 'small'), { threads: 1 });
}
