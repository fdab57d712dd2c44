import type { FlatFile, FlatTable } from './flat-table.ts';

/**
 * The part of TensorFlow Lite's schema that weights need (version 3, tensorflow/lite/schema/schema.fbs): fields by their
 * number, operators and element types by their code.
 */
export const operatorCodes = { conv2d: 3, depthwiseConv2d: 4, dequantize: 6, fullyConnected: 9 } as const;

export const elementTypes = { 0: 'float32', 1: 'float16', 2: 'int32', 3: 'uint8', 9: 'int8' } as const;
export type ElementType = (typeof elementTypes)[keyof typeof elementTypes];

/** An operator: what it does, and the indices of the tensors that it reads and writes (-1: none). */
export interface LiteOperator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface LiteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** A code, which may be none of `elementTypes`. */
  readonly type: number;
  /** Empty for what is computed. */
  readonly data: Uint8Array;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** The dimension to whose entries scales belong where there are several. */
  readonly quantizedDimension: number;
}

export interface LiteGraph {
  readonly operators: readonly LiteOperator[];
  /** @throws FcnError when there is no such tensor. */
  tensor(index: number): LiteTensor;
}

/** Of a tensor; weights have four. */
const mostDimensions = 8;

/** The first graph of a model, which is the one that is run. @throws FcnError naming the offset where it is damaged. */
export function readGraph(flat: FlatFile): LiteGraph {
  const model = flat.root('TFL3');
  const codes = model.tables(1).map(operatorCode);
  const graph = model.tables(2)[0];
  if (!graph) throw flat.damaged(model.position, 'got a model without a graph, expected one');
  const tensors = graph.tables(0);
  const buffers = model.tables(4);
  const operators = graph.tables(3).map((operator) => {
    const code = codes[operator.scalar(0, 'uint')];
    if (code === undefined) throw flat.damaged(operator.position, 'got an operator without a code');
    return { code, inputs: operator.scalars(1, 'int'), outputs: operator.scalars(2, 'int') };
  });

  const tensor = (index: number): LiteTensor => {
    const table = tensors[index];
    if (!table)
      throw flat.damaged(graph.position, `got tensor ${index}, expected fewer than ${tensors.length}`);
    const buffer = buffers[table.scalar(2, 'uint')];
    if (!buffer) throw flat.damaged(table.position, `got no buffer for tensor ${index}`);
    const quantization = table.table(4);
    const shape = table.scalars(0, 'int');
    if (shape.length > mostDimensions) {
      throw flat.damaged(
        table.position,
        `got ${shape.length} dimensions, expected at most ${mostDimensions}`,
      );
    }
    return {
      name: table.string(3),
      shape,
      type: table.scalar(1, 'byte'),
      data: dataOf(flat, buffer),
      scales: quantization?.scalars(2, 'float') ?? [],
      zeroPoints: quantization?.scalars(3, 'long') ?? [],
      quantizedDimension: quantization?.scalar(6, 'int') ?? 0,
    };
  };
  return { operators, tensor };
}

/** Codes above 127 have a field of their own; older files do not know it. */
function operatorCode(table: FlatTable): number {
  return Math.max(table.scalar(0, 'byte'), table.scalar(3, 'int'));
}

/** Data in the buffer's own vector, or, in files of 2 GB and more, behind the FlatBuffer. */
function dataOf(flat: FlatFile, buffer: FlatTable): Uint8Array {
  const offset = buffer.scalar(1, 'ulong');
  return offset > 1 ? flat.slice(offset, buffer.scalar(2, 'ulong'), 'a buffer') : buffer.bytes(0);
}
