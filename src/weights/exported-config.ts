import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { inputError, reasonOf } from '../base/errors.ts';
import {
  ModelProtoSchema,
  type StringStringEntryProto,
  StringStringEntryProtoSchema,
} from '../engine/onnx/onnx_pb.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { configKey, parseConfig } from './config-metadata.ts';

/** Ours is one, and some tools add a few. */
const mostEntries = 1000;

const advice = 'expected an ONNX file made by fcn export';

/**
 * What `fcn export` wrote about the network into its ONNX file: model, classes, preprocessing.
 * @param name of the file, for messages.
 * @throws FcnError when the bytes are no such file.
 */
export function readExportedConfig(bytes: Uint8Array, name: string): ModelConfig {
  const what = `model ${name}`;
  if (bytes.length === 0) throw inputError(`${what}: got an empty file, ${advice}`);
  // A safetensors file begins with the length of its header in eight bytes, then the header: JSON.
  if (bytes[8] === '{'.charCodeAt(0) && bytes[7] === 0) {
    throw inputError(
      `${what}: got safetensors weights, ${advice}; run fcn export --weights ${name} --out FILE.onnx`,
    );
  }
  const entry = readMetadata(bytes, what).find(({ key }) => key === configKey);
  if (!entry) throw inputError(`${what}: got a file without metadata of fcn, ${advice}`);
  return parseConfig(entry.value, what);
}

/** The fields `metadata_props` of an ONNX model. The graph, with its weights, is skipped and not read. */
export function readMetadata(bytes: Uint8Array, what: string): StringStringEntryProto[] {
  const { number } = ModelProtoSchema.field.metadataProps;
  const entries: StringStringEntryProto[] = [];
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === number && type === WireType.LengthDelimited) {
        if (entries.length === mostEntries) throw new Error(`more than ${mostEntries} entries of metadata`);
        entries.push(fromBinary(StringStringEntryProtoSchema, reader.bytes()));
      } else reader.skip(type, field);
    }
  } catch (thrown) {
    throw inputError(
      `${what}: not an ONNX file, or only part of one (${reasonOf(thrown)}), ${advice}`,
      thrown,
    );
  }
  return entries;
}
