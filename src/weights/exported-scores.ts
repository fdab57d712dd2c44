import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
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

/**
 * An exported network that gives its scores as well, float32 [1, C, height, width] for each head, whether or not its file was written
 * with them: they are what the file's ArgMax takes. The weights stay where they are.
 *
 * In protocol buffers a message may come in parts that are merged, so the new output is a few bytes behind the file.
 * @param bytes of a file that readExportedConfig has read; @param name of the file, for messages
 * @returns the file, and what the scores of each head are called
 * @throws FcnError when its classes are not made of scores
 */
export function withScores(
  bytes: Uint8Array,
  name: string,
  config: Pick<ModelConfig, 'numClasses' | 'heads'>,
): { file: Uint8Array; scores: string[] } {
  const { nodes, outputs } = graphOf(bytes);
  const suffixes = headsOf(config).map(({ suffix }) => suffix);
  const asExported = suffixes.map((suffix) => `scores${suffix}`); // by fcn export --scores
  if (asExported.every((scores) => outputs.includes(scores))) return { file: bytes, scores: asExported };
  const byOutput = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const scores = suffixes.map((suffix) => {
    let node = byOutput.get(`classes${suffix}`);
    while (node && node.opType !== 'ArgMax') node = byOutput.get(node.input[0] ?? '');
    if (node?.input[0] !== undefined) return node.input[0];
    throw inputError(
      `model ${name}: got no scores behind its output classes${suffix}, expected an ONNX file made by fcn export`,
    );
  });
  const type = { value: { case: 'tensorType', value: { elemType: TensorProto_DataType.FLOAT } } } as const;
  const output = scores.map((edge) => create(ValueInfoProtoSchema, { name: edge, type }));
  const graph = create(GraphProtoSchema, { output });
  const more = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
  const file = new Uint8Array(bytes.length + more.length);
  file.set(bytes);
  file.set(more, bytes.length);
  return { file, scores };
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

/** Calls back with each field that has a length, and its content, which is not copied. */
function eachField(bytes: Uint8Array, use: (field: number, content: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) use(field, reader.bytes());
    else reader.skip(type, field);
  }
}
