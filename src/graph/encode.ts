import { create, toBinary } from '@bufbuild/protobuf';
import { elementTypes } from '../onnx/element-types.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../onnx/onnx_pb.ts';
import type { Attribute, Constant, Graph, Value } from './graph.ts';

/** Operator set and file format version: the newest that every ONNX tool of the last two years reads. */
const opset = 17n;
const irVersion = 8n;

/** The graph as the bytes of an ONNX model: standard operators only. */
export function encodeModel(graph: Graph, name: string): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion,
    producerName: 'fcn',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      initializer: [...graph.constants.values()].map(constantTensor),
      node: graph.nodes.map((node, index) => ({
        name: `${node.op}_${index}`,
        opType: node.op,
        input: node.inputs.map((edge) => edge.name),
        output: node.outputs.map((edge) => edge.name),
        attribute: Object.entries(node.attributes).map(([key, value]) => attribute(key, value)),
      })),
    },
  });
  return toBinary(ModelProtoSchema, model);
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
  return create(AttributeProtoSchema, { ...init, type: AttributeType.INTS, ints: value.map(BigInt) });
}
