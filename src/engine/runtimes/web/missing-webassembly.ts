import { type FcnError, failure, reasonOf } from '../../../base/errors.ts';

/** Where a page says that ONNX Runtime's loader and WebAssembly are: a folder, or each. */
export type WasmPaths = string | { readonly mjs?: string; readonly wasm?: string };

/** The WebAssembly of ONNX Runtime's builds. */
export const webAssemblyFiles = {
  wasm: 'ort-wasm-simd-threaded.wasm',
  webgpu: 'ort-wasm-simd-threaded.asyncify.wasm',
} as const;

/** What ONNX Runtime says where it could not start at all, whatever the model is. */
const didNotStart = /no available backend found|initWasm\(\)|failed to load external data file: .*\.wasm/;

/** Whether a session failed because of ONNX Runtime's own files, and not because of its model. */
export function isWithoutWebAssembly(thrown: unknown): boolean {
  return didNotStart.test(reasonOf(thrown));
}

/**
 * Names the file that ONNX Runtime could not start from.
 * @param name of the WebAssembly file of the build that was asked for
 */
export async function missingWebAssembly(
  thrown: unknown,
  name: string,
  paths: WasmPaths | undefined,
): Promise<FcnError> {
  const address = typeof paths === 'string' ? paths + name : paths?.wasm;
  const what = 'ONNX Runtime: its WebAssembly cannot be loaded';
  const advice = `copy ${name} from onnxruntime-web/dist or fcn-web/onnxruntime`;
  if (address === undefined) {
    return failure(
      `${what}: got no file ${name} next to the script (${reasonOf(thrown)}); ${advice} to that place, or say where it is ` +
        'with wasmPaths (createTraining) or files (loadSegmenter)',
      thrown,
    );
  }
  return failure(
    `${what}: got ${await statusOf(address)} for ${address}, expected the file ${name}; ${advice} to that place`,
    thrown,
  );
}

/** What a server says of a file. */
async function statusOf(address: string): Promise<string> {
  try {
    const { status, statusText, headers } = await fetch(address, { method: 'HEAD' });
    const type = headers.get('content-type') ?? 'no type';
    return [status, statusText, `(${type})`].filter(Boolean).join(' ');
  } catch (thrown) {
    return `no answer (${reasonOf(thrown)})`;
  }
}
