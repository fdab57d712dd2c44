import webgpuLoader from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import webgpuBinary from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmLoader from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

/** Where a file of the page lies, whatever path the page is served from. */
const address = (file: string) => new URL(file, import.meta.url).href;

/** ONNX Runtime's WebAssembly, which lies beside the page: values of `env.wasm.wasmPaths` for each of its builds. */
export const runtimeFiles = {
  wasm: { mjs: address(wasmLoader), wasm: address(wasmBinary) },
  webgpu: { mjs: address(webgpuLoader), wasm: address(webgpuBinary) },
};
