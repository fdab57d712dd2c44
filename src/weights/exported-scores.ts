import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { inputError } from '../base/errors.ts';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
} from '../engine/onnx/onnx_pb.ts';
import { headsOf } from '../networks/class-heads.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { eachField } from './message-fields.ts';

export interface ExportedScores {
  readonly file: Uint8Array;
  /** What the scores of each head are called in it. */
  readonly scores: readonly string[];
  /** Whether it computes with 8-bit integers, so that no score can be anything but a number. */
  readonly isOfBytes: boolean;
}

/**
 * An exported network that gives its scores as well, float32 [1, C, height, width] for each head, whether or not its file was written
 * with them: they are what the file's ArgMax takes, or what becomes of that by the moves that classes make behind it. The
 * weights stay where they are.
 *
 * In protocol buffers a message may come in parts that are merged, so what is new is a few bytes behind the file.
 * @param bytes of a file that readExportedConfig has read; @param name of the file, for messages
 * @throws FcnError when its classes are not made of scores
 */
export function withScores(
  bytes: Uint8Array,
  name: string,
  config: Pick<ModelConfig, 'numClasses' | 'heads'>,
): ExportedScores {
  const { nodes, outputs } = graphOf(bytes);
  const isOfBytes = nodes.some(({ opType }) => opType === 'QuantizeLinear');
  const suffixes = headsOf(config).map(({ suffix }) => suffix);
  const asExported = suffixes.map((suffix) => `scores${suffix}`); // by fcn export --scores
  if (asExported.every((scores) => outputs.includes(scores))) {
    return { file: bytes, scores: asExported, isOfBytes };
  }
  const byOutput = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const found = suffixes.map((suffix) => {
    const own = scoresBehind(`classes${suffix}`, byOutput);
    if (own) return own;
    throw inputError(
      `model ${name}: got no scores behind its output classes${suffix}, expected an ONNX file made by fcn export`,
    );
  });
  const scores = found.map(({ edge }) => edge);
  const type = { value: { case: 'tensorType', value: { elemType: TensorProto_DataType.FLOAT } } } as const;
  const output = scores.map((edge) => create(ValueInfoProtoSchema, { name: edge, type }));
  const graph = create(GraphProtoSchema, { node: found.flatMap(({ nodes }) => nodes), output });
  const more = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
  const file = new Uint8Array(bytes.length + more.length);
  file.set(bytes);
  file.set(more, bytes.length);
  return { file, scores, isOfBytes };
}

/** The scores that classes were made of, and the nodes that have to be added for them. */
function scoresBehind(classes: string, byOutput: ReadonlyMap<string, NodeProto>) {
  const behind: NodeProto[] = [];
  let node = byOutput.get(classes);
  while (node && node.opType !== 'ArgMax') {
    behind.unshift(node);
    node = byOutput.get(node.input[0] ?? '');
  }
  const taken = node?.input[0];
  if (taken === undefined) return undefined;
  const moves = behind.filter(({ opType }) => ['DepthToSpace', 'Slice'].includes(opType));
  if (moves.length === 0) return { edge: taken, nodes: [] };
  // Classes were found for the pixels of a block, whose scores had been given an axis of their own.
  const blocks = byOutput.get(taken)?.input[0];
  if (blocks === undefined) return undefined;
  const nodes = repeatedOn(blocks, moves);
  return { edge: nodes.at(-1)!.output[0]!, nodes };
}

/** Nodes as the given ones, from another beginning. */
function repeatedOn(start: string, moves: readonly NodeProto[]): NodeProto[] {
  let last = start;
  return moves.map((move) => {
    const output = `${move.output[0]}_of_scores`;
    const input = [last, ...move.input.slice(1)];
    last = output;
    return create(NodeProtoSchema, { ...move, name: `${move.name}_of_scores`, input, output: [output] });
  });
}

/** The nodes and the names of outputs of a file; its weights are skipped. */
function graphOf(bytes: Uint8Array): { nodes: NodeProto[]; outputs: string[] } {
  const nodes: NodeProto[] = [];
  const outputs: string[] = [];
  const { node, output } = GraphProtoSchema.field;
  eachField(bytes, (field, graph) => {
    if (field !== ModelProtoSchema.field.graph.number) return;
    eachField(graph, (part, content) => {
      if (part === node.number) nodes.push(fromBinary(NodeProtoSchema, content));
      if (part === output.number) outputs.push(fromBinary(ValueInfoProtoSchema, content).name);
    });
  });
  return { nodes, outputs };
}
