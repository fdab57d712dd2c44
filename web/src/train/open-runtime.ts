import { checkDevice } from '../../../src/engine/devices/check-device.ts';
import { chooseDevice } from '../../../src/engine/devices/choose-device.ts';
import type { Runtime } from '../../../src/engine/runtimes/session.ts';
import { webgpuRuntime, webRuntime } from '../../../src/engine/runtimes/web/web-runtime.ts';
import { hasGraphicsProcessor } from '../../../src/library/web/backend.ts';
import { runtimeFiles } from '../runtime-files.ts';

/**
 * What trains: the browser's graphics processor where it computes correctly and faster than WebAssembly, which is measured once.
 * @param wanted `webgpu` or `cpu`, to have one of them; anything else: the better one
 */
export async function openRuntime(wanted: string, threads: number): Promise<Runtime> {
  const onGpu = () => webgpuRuntime({ wasmPaths: runtimeFiles.webgpu });
  if (wanted === 'webgpu') return checkDevice(await onGpu());
  const onCpu = webRuntime({ wasmPaths: runtimeFiles.wasm });
  if (wanted === 'cpu' || !(await hasGraphicsProcessor())) return onCpu;
  const { runtime } = await chooseDevice(onCpu, [onGpu], threads);
  return runtime;
}
