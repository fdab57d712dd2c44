import type { Edge, Graph } from '../graph/graph.ts';
import { replaceNodes } from '../graph/replace.ts';
import { pixelsOfBlocks } from '../operators/layout.ts';

/**
 * Lays out the channels of an enlarged map as pixels by Col2Im. ONNX Runtime's DepthToSpace takes several times as long on the CPU.
 * It is not in the operator set that other tools read, and WebGPU does not have it.
 */
export function putBlocksInPlace(graph: Graph): void {
  replaceNodes(graph, ({ op, inputs, attributes: { mode, blocksize } }) =>
    op === 'DepthToSpace' && mode === 'CRD'
      ? pixelsOfBlocks(graph, inputs[0] as Edge, blocksize as number)
      : undefined,
  );
}
