import { fromBinary } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../engine/onnx/onnx_pb.ts';
import { largestWeights } from '../engine/rewrites/eight-bits/layer-weights.ts';
import { readMetadata } from './exported-config.ts';
import { eachField } from './message-fields.ts';

/** The metadata in which `fcn quantize` says how many bits weights have. */
export const weightBitsKey = 'fcn_weight_bits';

/**
 * Whether a file's integer sums are exact only on processors that are able to, or if the runtime takes care of it. Early files
 * do not say how many bits their weights have, so these are looked at.
 * @param name of the file, for messages
 */
export function hasWeightsOfEightBits(bytes: Uint8Array, name: string): boolean {
  const said = readMetadata(bytes, `model ${name}`).find(({ key }) => key === weightBitsKey);
  return said ? said.value === '8' : hasLargeIntegers(bytes);
}

function hasLargeIntegers(bytes: Uint8Array): boolean {
  const { graph } = ModelProtoSchema.field;
  const { initializer } = GraphProtoSchema.field;
  let isFound = false;
  eachField(bytes, (field, content) => {
    if (field !== graph.number) return;
    eachField(content, (part, tensor) => {
      if (part !== initializer.number || isFound) return;
      const { dataType, rawData } = fromBinary(TensorProtoSchema, tensor);
      if (dataType !== TensorProto_DataType.INT8) return;
      const weights = new Int8Array(rawData.buffer, rawData.byteOffset, rawData.length);
      isFound = weights.some((weight) => Math.abs(weight) > largestWeights[7]);
    });
  });
  return isFound;
}
