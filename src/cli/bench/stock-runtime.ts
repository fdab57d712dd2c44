import { createRequire } from 'node:module';

/** What is used of `onnxruntime-node`, which is no dependency of the published package. */
interface StockOrt {
  readonly InferenceSession: {
    create(file: string, options: { intraOpNumThreads: number }): Promise<StockSession>;
  };
  readonly Tensor: new (type: 'uint8', data: Uint8Array, shape: readonly number[]) => unknown;
}

interface StockSession {
  run(inputs: { image: unknown }): Promise<{ classes?: { data: Uint8Array } }>;
}

/** ONNX Runtime's own package for Node, without its telemetry, which takes time. @throws Error where it is not installed */
export function stockRuntime(): StockOrt {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return createRequire(import.meta.url)('onnxruntime-node') as StockOrt;
}

/** Whether ONNX Runtime's own package for Node is there. */
export function hasStockRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
}
