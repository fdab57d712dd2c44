import { constants } from 'node:buffer';
import { inputError } from './errors.ts';
import { readInput } from './files.ts';

/** The most bytes of a list of classes: a hundred times what 255 names take. */
export const shortList = 1e6;

/**
 * The lines of a text file that a person or their tools wrote: UTF-8 with or without byte order mark, or UTF-16 as
 * PowerShell and Excel write it; line ends of any system. Lines are trimmed and in Unicode's form NFC; line n of the file
 * is entry n - 1, and empty lines at the end are left out.
 *
 * Any other encoding is refused: nothing in the file says which one it is, and names would be read wrong in silence.
 * @param what says what it is, for messages ("class names")
 * @param mostBytes that such a file has; lines take many times the memory of their text
 * @throws FcnError naming the file and the line that is no text
 */
export async function readTextLines(
  file: string,
  what: string,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const lines = [...eachTextLine(await readText(file, what, mostBytes), `${what} ${file}`)];
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * The lines of a text, one after the other, as readTextLines has them: for files that may be long.
 * @param name what messages begin with
 * @throws FcnError naming the line that is no text
 */
export function* eachTextLine(text: string, name: string): Generator<string> {
  let number = 0;
  for (const [whole] of text.matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    number += 1;
    const line = whole
      .replace(/[\u200B\uFEFF]/g, '')
      .trim()
      .normalize('NFC');
    if (/[^\P{Cc}\t]/u.test(line)) {
      throw inputError(
        `${name}: line ${number} has control characters, expected a text file; save it as plain text (UTF-8)`,
      );
    }
    yield line;
  }
}

/**
 * A text file as a string.
 * @param mostBytes that such a file has
 * @throws FcnError naming the file, and the line that is in another encoding
 */
export async function readText(
  file: string,
  what: string,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<string> {
  const bytes = await readInput(file, what);
  if (bytes.length > mostBytes) {
    throw inputError(
      `${what} ${file}: got ${bytes.length} bytes, expected at most ${mostBytes}; is it the right file?`,
    );
  }
  return decodeText(bytes, `${what} ${file}`);
}

/**
 * Text in UTF-8 with or without a byte order mark, or in UTF-16.
 * @param name what messages begin with
 * @throws FcnError naming the line that is in another encoding: names would be read wrong in silence
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw inputError(
      `${name}: got ${bytes.length} bytes, expected at most ${constants.MAX_STRING_LENGTH}; split it into several files`,
    );
  }
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-32') {
    throw inputError(`${name}: line 1 starts like UTF-32, expected UTF-8; save the file as UTF-8`);
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    if (encoding !== 'utf-8') {
      throw inputError(`${name}: it is incomplete (${encoding.toUpperCase()}); save the file as UTF-8`);
    }
    const { number, text } = firstBrokenLine(bytes);
    throw inputError(
      `${name}: line ${number} is not UTF-8, expected UTF-8 or UTF-16 text; save the file as UTF-8 (in Windows-1252 the ` +
        `line would be '${aroundBreak(text)}')`,
    );
  }
}

/** By the byte order mark, or by where the zero bytes of UTF-16 are, which UTF-8 text has nowhere. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32' {
  const begins = (...mark: number[]) => mark.every((byte, i) => bytes[i] === byte);
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) return 'utf-32';
  if (begins(0xff, 0xfe)) return 'utf-16le';
  if (begins(0xfe, 0xff)) return 'utf-16be';
  const zero = bytes.indexOf(0);
  if (zero < 0 || bytes.length % 2 !== 0) return 'utf-8';
  const isZeroFrom = (first: number) => bytes.every((byte, i) => i % 2 !== first || byte === 0);
  if (isZeroFrom(1)) return 'utf-16le';
  if (isZeroFrom(0)) return 'utf-16be';
  return 'utf-8';
}

/** A line as far as a message can hold it: what is around its first letter beyond ASCII. */
function aroundBreak(text: string): string {
  const line = text.trim();
  const first = line.search(/[\u0080-\uffff]/);
  return line.length <= 80 ? line : `...${line.slice(Math.max(0, first - 20), first + 40)}...`;
}

function firstBrokenLine(bytes: Uint8Array): { number: number; text: string } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  // One character a byte, which splits at line ends as UTF-8 would.
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r\n|\r|\n/);
  const index = lines.findIndex((line) => {
    try {
      decoder.decode(Buffer.from(line, 'latin1'));
      return false;
    } catch {
      return true;
    }
  });
  const text = new TextDecoder('windows-1252').decode(Buffer.from(lines[index] ?? '', 'latin1'));
  return { number: index + 1, text };
}
