import * as z from 'zod';
import { inputError, reasonOf } from '../../base/errors.ts';
import { parseDenseJson } from '../../base/parse-json.ts';
import { listOf, recordOf } from '../../base/schemas.ts';
import type { DataType, Tensor } from '../../base/tensor.ts';
import type { HalfFormat } from '../half-precision.ts';
import { isLayerOfOurs } from '../names/wrappers.ts';
import { quote } from '../quote.ts';
import { elementFormats, formatNames } from './element-formats.ts';
import { sealBytes } from './seal.ts';

/** Where a tensor lies in a safetensors file: bytes `begin` to `end` of the data, which follows the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DataType;
  /** How the file holds float32 elements, if not as such. */
  readonly half?: HalfFormat;
  readonly isDouble?: boolean;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the data. Together they cover it, without gap or overlap. */
  readonly entries: readonly TensorEntry[];
  /** Tensors of other types, which are left out: the type of each by its name. */
  readonly unread: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The content of a safetensors file. */
export interface Safetensors {
  /** By name, in the order in which they lie in the file. */
  readonly tensors: Map<string, Tensor>;
  /** Tensors of types that we do not read: the type of each by its name. */
  readonly unread: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The 8 bytes of header length at the start of a file. */
export const lengthBytes = 8;

/** The format's own limit of a header (safetensors 0.4, MAX_HEADER_SIZE). */
const headerLimit = 100_000_000;

const metadataKey = '__metadata__';

/**
 * Length and JSON header of a safetensors file whose data are these tensors in this order, padded with spaces: as many as
 * the checksum needs, and so that the data starts at a multiple of 8 (github.com/huggingface/safetensors, "Format").
 * @param half float32 elements are written as F16
 */
export function encodeHeader(
  tensors: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>>,
  half = false,
): Uint8Array {
  const names = new Set([metadataKey, ...tensors.map(([name]) => name)]);
  if (names.size !== tensors.length + 1) {
    throw new RangeError(`safetensors: got a tensor name twice, or ${metadataKey}, expected different names`);
  }
  // Joined by hand: an object would move names that look like integers to the front.
  const members = [`"${metadataKey}":${JSON.stringify(metadata)}`];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const isHalf = half && dtype === 'float32';
    const entry = {
      dtype: isHalf ? 'F16' : formatNames.get(dtype),
      shape,
      data_offsets: [offset, (offset += isHalf ? data.byteLength / 2 : data.byteLength)],
    };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil((json.length + sealBytes) / 8) * 8;
  const header = new Uint8Array(lengthBytes + length).fill(' '.charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, lengthBytes);
  return header;
}

/**
 * Length of the JSON header, by the 8 bytes at the start of a file.
 * @throws FcnError when the file is too small for such a header.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  const { buffer, byteOffset } = prefix;
  const length = Number(new DataView(buffer, byteOffset, lengthBytes).getBigUint64(0, true));
  const most = Math.min(headerLimit, fileBytes - lengthBytes);
  if (length > most) {
    throw damaged(
      file,
      `got a header of ${length} bytes by the length at offset 0, expected at most ${most}`,
    );
  }
  return length;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: listOf(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadataSchema = recordOf(z.string());

/**
 * Reads a header and checks all that it claims, so that whoever follows it stays inside the file.
 * @param json the header behind its length
 * @param dataBytes number of bytes that follow it
 * @throws FcnError naming the file and the offset when anything is not as the format wants it.
 */
export function parseHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const members = parseObject(json, file);
  let metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  const unread = new Map<string, string>();
  const places: Place[] = [];
  for (const [name, value] of members) {
    if (name === metadataKey) {
      metadata = matching(metadataSchema, value, metadataKey, file);
      continue;
    }
    const described = matching(entrySchema, value, `tensor ${quote(name)}`, file);
    const [begin, end] = described.data_offsets;
    places.push({ name, begin, end });
    const format = elementFormats.get(described.dtype);
    // Weights are hardly ever doubles; scalars and statistics of other programs are.
    if (format && (!format.isDouble || isLayerOfOurs(name))) entries.push(toEntry(name, described, file));
    else unread.set(name, described.dtype);
  }
  const inOrder = (a: Place, b: Place) => a.begin - b.begin || a.end - b.end;
  entries.sort(inOrder);
  checkCover(places.sort(inOrder), lengthBytes + json.length, dataBytes, file);
  return { entries, unread, metadata };
}

/** The error of a tensor that is needed, but of a type that we do not read. */
export function unreadType(file: string, name: string, dtype: string): Error {
  const known = [...elementFormats.keys()].join(', ');
  return inputError(
    `safetensors file ${file}: tensor ${quote(name)}: got type ${quote(dtype)}, expected one of ${known}; convert it to F32 ` +
      'with the tool that made it',
  );
}

/** An error about the content of a safetensors file. */
export function damaged(file: string, detail: string, cause?: unknown): Error {
  return inputError(`safetensors file ${file}: ${detail}; it is damaged, or not a safetensors file`, cause);
}

function parseObject(json: Uint8Array, file: string): [string, unknown][] {
  const start = `at offset ${lengthBytes}`;
  if (json[0] !== '{'.charCodeAt(0)) throw damaged(file, `got a header ${start} that does not start with {`);
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    value = parseDenseJson(text);
  } catch (thrown) {
    throw damaged(
      file,
      `got a header of ${json.length} bytes ${start} that is not JSON (${reasonOf(thrown)})`,
      thrown,
    );
  }
  return Object.entries(value as object);
}

function matching<T>(schema: z.ZodType<T>, value: unknown, what: string, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = [what, ...path.map((key) => quote(String(key)))].join(' ');
  throw damaged(file, `header at offset ${lengthBytes}: ${where}: ${message}`);
}

function toEntry(name: string, { dtype, shape, data_offsets }: z.infer<typeof entrySchema>, file: string) {
  const [begin, end] = data_offsets;
  const { bytes, ...type } = elementFormats.get(dtype)!;
  const size = byteSize(shape, bytes);
  if (end - begin !== size) {
    throw damaged(
      file,
      `tensor ${quote(name)} at data offset ${begin}: got ${end - begin} bytes, ` +
        `expected ${size} for ${dtype} ${formatShape(shape)}`,
    );
  }
  return { name, ...type, shape, begin, end };
}

/** Beyond 2^53 the product is rounded; it is then larger than any file, and refused. */
function byteSize(shape: readonly number[], elementBytes: number): number {
  return shape.includes(0) ? 0 : shape.reduce((product, dimension) => product * dimension, elementBytes);
}

function checkCover(places: readonly Place[], dataStart: number, dataBytes: number, file: string): void {
  let covered = 0;
  let previous = 'the header';
  for (const { name, begin, end } of places) {
    if (end < begin)
      throw damaged(file, `tensor ${quote(name)} at offset ${dataStart + begin}: got an end before it`);
    if (begin !== covered) {
      const fault = begin < covered ? 'an overlap with' : 'a gap after';
      throw damaged(file, `tensor ${quote(name)} at offset ${dataStart + begin}: got ${fault} ${previous}`);
    }
    covered = end;
    previous = `tensor ${quote(name)}`;
  }
  if (covered > dataBytes) {
    throw inputError(
      `safetensors file ${file}: got ${dataStart + dataBytes} bytes, expected ${dataStart + covered}, the end of ${previous}; ` +
        'it is damaged: a download or copy was cut short, so get it again',
    );
  }
  if (covered !== dataBytes) {
    throw damaged(
      file,
      `got ${dataStart + dataBytes} bytes, expected ${dataStart + covered}, the end of ${previous}`,
    );
  }
}

function formatShape(shape: readonly number[]): string {
  const more = shape.length > 8 ? ', ...' : '';
  return `[${shape.slice(0, 8).join(', ')}${more}]`;
}
