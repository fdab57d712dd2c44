import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { diskFailure } from '../../base/files.ts';
import { crc32c } from './crc32c.ts';

/**
 * A file of numbers over steps that TensorBoard reads. It is a TFRecord file (tensorflow/core/lib/io/record_writer.h) of
 * protocol buffers `Event` (tensorflow/core/util/event.proto), of which only these fields are used:
 *
 *   Event    double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7
 *   Summary  repeated Value value = 1 with string tag = 1; float simple_value = 2
 *   SessionLog  Status status = 1, in which START is 1
 */
export class EventFile {
  readonly #file: string;

  /** Begins a file in a folder, which TensorBoard takes for a run. */
  constructor(folder: string) {
    // TensorBoard knows the file by this name and reads files in the order of their times.
    const time = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
    this.#file = path.join(folder, `events.out.tfevents.${time}.${hostname()}.${process.pid}`);
    this.#append(new BinaryWriter().tag(3, WireType.LengthDelimited).string('brain.Event:2'));
  }

  /** What earlier files have of this step and those behind it is no longer so. */
  restart(step: number): void {
    const start = new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();
    this.#append(stepOf(step).tag(7, WireType.LengthDelimited).bytes(start));
  }

  /** @throws FcnError (exit code 1) when the disk is full. */
  add(step: number, scalars: Readonly<Record<string, number>>): void {
    const summary = new BinaryWriter();
    for (const [tag, scalar] of Object.entries(scalars)) {
      const value = new BinaryWriter().tag(1, WireType.LengthDelimited).string(tag);
      summary.tag(1, WireType.LengthDelimited).bytes(value.tag(2, WireType.Bit32).float(scalar).finish());
    }
    this.#append(stepOf(step).tag(5, WireType.LengthDelimited).bytes(summary.finish()));
  }

  #append(event: BinaryWriter): void {
    const wallTime = event.tag(1, WireType.Bit64).double(Date.now() / 1000);
    try {
      appendFileSync(this.#file, record(wallTime.finish()));
    } catch (thrown) {
      throw diskFailure(`cannot write ${this.#file}`, thrown);
    }
  }
}

function stepOf(step: number): BinaryWriter {
  return new BinaryWriter().tag(2, WireType.Varint).int64(step);
}

/** Length, its checksum, the data, their checksum. */
function record(data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + 4 + data.length + 4);
  bytes.writeBigUInt64LE(BigInt(data.length), 0);
  bytes.writeUInt32LE(masked(crc32c(bytes.subarray(0, 8))), 8);
  bytes.set(data, 12);
  bytes.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return bytes;
}

/** Checksums of data that hold checksums would be weak (tensorflow/core/lib/hash/crc32c.h). */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
