import { inputError } from '../../../base/errors.ts';

/** Where an element of an array lies in a JSON file, in bytes; `end` is behind it. */
export interface JsonRange {
  readonly start: number;
  readonly end: number;
  /** Number of the element in its array, from 0. */
  readonly index: number;
}

// Characters as bytes of UTF-8.
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Of an element, on average: shorter ones are no images, categories or annotations. */
const leastBytes = 8;
/** Elements that any list may have. */
const always = 10_000;

/**
 * The elements of the arrays that an object in a JSON file has under some keys. The file is not parsed, so that files
 * that do not fit into a string, or whose content would not fit into memory, can be read element by element.
 * @throws FcnError beginning with `what` when the file ends too early or is no object
 */
export function findArrays(
  bytes: Uint8Array,
  keys: readonly string[],
  what: string,
): Map<string, JsonRange[]> {
  const found = new Map<string, JsonRange[]>();
  let depth = 0;
  /** Of the last string at depth 1, which is a key when a colon follows. */
  let key: string | undefined;
  let [text, start] = [{ start: 0, end: 0 }, -1];
  const element = (end: number) => {
    const list = found.get(key!)!;
    if (start >= 0 && hasContent(bytes, start, end)) list.push({ start, end, index: list.length });
    start = -1;
    if (list.length > always && list.length > bytes.length / leastBytes) {
      throw inputError(
        `${what}: got ${list.length} entries in a list of ${bytes.length} bytes, expected fewer`,
      );
    }
  };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === quote) {
      const begin = i;
      for (i++; i < bytes.length && bytes[i] !== quote; i++) if (bytes[i] === backslash) i++;
      if (depth === 1) text = { start: begin + 1, end: i };
    } else if (byte === openBracket || byte === openBrace) {
      depth++;
      if (depth === 2 && key !== undefined && keys.includes(key) && byte === openBracket) {
        found.set(key, []);
        start = i + 1;
      }
    } else if (byte === closeBracket || byte === closeBrace) {
      if (depth === 2 && start >= 0) element(i);
      depth--;
    } else if (byte === comma && depth === 2 && start >= 0) {
      element(i);
      start = i + 1;
    } else if (byte === colon && depth === 1) {
      key = Buffer.from(bytes.buffer, bytes.byteOffset + text.start, text.end - text.start).toString('utf8');
    }
  }
  if (depth === 0) return found;
  throw inputError(`${what}: not JSON (its brackets do not match${depth > 0 ? '; is it cut off?' : ''})`);
}

function hasContent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! > 0x20) return true;
  return false;
}
