import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Calls back with each field of a message that has a length, and its content, which is not copied. */
export function eachField(bytes: Uint8Array, use: (field: number, content: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) use(field, reader.bytes());
    else reader.skip(type, field);
  }
}
