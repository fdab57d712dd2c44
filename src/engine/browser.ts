/** `fcn/engine` in a page: as index.ts, on the WebAssembly of the package onnxruntime-web, which must stand beside fcn. */
import { webRuntime } from './runtimes/web/web-runtime.ts';

export * from './api.ts';
export { checkDevice } from './devices/check-device.ts';
export { type WebRuntimeOptions, webgpuRuntime, webRuntime } from './runtimes/web/web-runtime.ts';

/** With files where the bundler puts them; see webRuntime for other places. */
export const runtime = webRuntime();
