/** `fcn/engine` in a page: as index.ts, on the WebAssembly of the package onnxruntime-web, which must stand beside fcn. */
import { webRuntime } from './runtimes/web/web-runtime.ts';

export * from './api.ts';
export { type WebRuntimeOptions, webRuntime } from './runtimes/web/web-runtime.ts';

/** With files where the bundler puts them; see webRuntime for other places. */
export const runtime = webRuntime();
