import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { inputError } from '../../base/errors.ts';
import { bytesOf, type Tensor } from '../../base/tensor.ts';
import { elementTypes } from '../onnx/element-types.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx/onnx_pb.ts';
import type { Attribute, Constant, Graph, Value } from './graph.ts';
import { settleOperatorSet } from './operator-set.ts';
import { expandAll } from './replace.ts';

/** Version of the file format: the newest that every ONNX tool of the last years reads. */
const irVersion = 8n;

/** Readers of protobuf count the bytes of a file in 32 bits with a sign; a megabyte is for what is not tensors. */
const tensorBytesLimit = 2 ** 31 - 2 ** 20;

/** What a model file says about itself. */
export interface ModelDescription {
  readonly name: string;
  /** For people. */
  readonly text?: string;
  /** For programs: ONNX's metadata_props. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The graph as the bytes of an ONNX model: standard operators only, unless a rewrite has put others in (rewrites/). */
export function encodeModel(graph: Graph, name: string): Uint8Array {
  return concatenate(encodeModelParts(graph, { name }));
}

/**
 * As `encodeModel`, but the content of initializers stays where it is: a session needs them as its `constants`. There is no limit
 * to their size.
 */
export function encodeWithoutContent(graph: Graph, name: string): Uint8Array {
  return concatenate(partsOf(graph, { name }, outsideTensor));
}

/**
 * As `encodeModel`, in parts that follow each other. Initializers are parts of their own and lie where their tensors lie:
 * nothing large is copied.
 * @throws FcnError when the initializers are larger than an ONNX file may be.
 */
export function encodeModelParts(graph: Graph, description: ModelDescription): Uint8Array[] {
  checkSize(graph);
  return partsOf(graph, description, tensorParts);
}

type EncodeTensor = (name: string, tensor: Tensor) => Uint8Array[];

function partsOf(
  graph: Graph,
  { name, text, metadata = {} }: ModelDescription,
  encodeTensor: EncodeTensor,
): Uint8Array[] {
  expandAll(graph);
  const version = settleOperatorSet(graph);
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'fcn',
    opsetImport: [{ domain: '', version }, ...otherDomains(graph)],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    ...(text !== undefined && { docString: text }),
  });
  return [
    toBinary(ModelProtoSchema, model),
    ...fieldParts(ModelProtoSchema.field.graph, graphParts(graph, name, encodeTensor)),
  ];
}

/** The domains of operators that are not ONNX's, each in its first and only version. */
function otherDomains(graph: Graph): { domain: string; version: bigint }[] {
  const domains = new Set(graph.nodes.map(({ op }) => domainOf(op)));
  domains.delete('');
  return [...domains].map((domain) => ({ domain, version: 1n }));
}

function domainOf(op: string): string {
  return op.slice(0, Math.max(0, op.lastIndexOf('.')));
}

function checkSize(graph: Graph): void {
  const bytes = [...graph.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes <= tensorBytesLimit) return;
  throw inputError(
    `ONNX model: got ${bytes} bytes of weights, expected at most ${tensorBytesLimit}, because ONNX files are limited to 2 GiB; ` +
      'use a network with a smaller width',
  );
}

function graphParts(graph: Graph, name: string, encodeTensor: EncodeTensor): Uint8Array[] {
  const proto = create(GraphProtoSchema, {
    name,
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    initializer: [...graph.constants.values()].map(constantTensor),
    node: graph.nodes.map((node, index) => ({
      name: `${node.place && `${node.place}/`}${node.op}_${index}`,
      opType: node.op.slice(node.op.lastIndexOf('.') + 1),
      domain: domainOf(node.op),
      input: node.inputs.map((edge) => edge.name),
      output: node.outputs.map((edge) => edge.name),
      attribute: Object.entries(node.attributes).map(([key, value]) => attribute(key, value)),
    })),
  });
  const initializers = [...graph.initializers].flatMap(([tensorName, tensor]) =>
    fieldParts(GraphProtoSchema.field.initializer, encodeTensor(tensorName, tensor)),
  );
  return [toBinary(GraphProtoSchema, proto), ...initializers];
}

function tensorParts(name: string, { dtype, shape, data }: Tensor): Uint8Array[] {
  const proto = create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: elementTypes[dtype] });
  return [
    toBinary(TensorProtoSchema, proto),
    ...fieldParts(TensorProtoSchema.field.rawData, [bytesOf(data)]),
  ];
}

/** A tensor whose content is a file, says ONNX; a session is given it in its place. */
function outsideTensor(name: string, { dtype, shape }: Tensor): Uint8Array[] {
  const proto = create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: elementTypes[dtype],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: 'location', value: name }],
  });
  return [toBinary(TensorProtoSchema, proto)];
}

/** A field of a protobuf message that holds a message or bytes: its number, the length of the content, the content. */
function fieldParts({ number }: { readonly number: number }, content: readonly Uint8Array[]): Uint8Array[] {
  const start = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(totalLength(content));
  return [start.finish(), ...content];
}

function valueInfo({ name, dtype, shape }: Value): ValueInfoProto {
  const dim = shape.map((dimension) =>
    typeof dimension === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(dimension) } }
      : { value: { case: 'dimParam' as const, value: dimension } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: elementTypes[dtype], shape: { dim } } } },
  });
}

function constantTensor({ name, dtype, shape, values }: Constant): TensorProto {
  const data = {
    float32: () => ({ floatData: [...values] }),
    int64: () => ({ int64Data: values.map(BigInt) }),
    int32: () => ({ int32Data: [...values] }),
  }[dtype]();
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: elementTypes[dtype], ...data });
}

function attribute(name: string, value: Attribute): AttributeProto {
  const init = { name };
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { ...init, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      ...init,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { ...init, type: AttributeType.FLOAT, f: value.float });
  if ('floats' in value)
    return create(AttributeProtoSchema, { ...init, type: AttributeType.FLOATS, floats: [...value.floats] });
  return create(AttributeProtoSchema, { ...init, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function totalLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(totalLength(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
