import type { z } from 'zod';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';

/** The text of a file in UTF-8, with or without a byte order mark. @throws FcnError naming the file */
export async function readText(file: string, what: string): Promise<string> {
  const bytes = await readInput(file, what);
  try {
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (thrown) {
    // Node holds half a billion characters in a string.
    throw inputError(`${what} ${file}: too large (${reasonOf(thrown)}); split it into several files`, thrown);
  }
}

/** The lines of a file without spaces around them, empty ones left out. */
export async function readLines(file: string, what: string): Promise<string[]> {
  const lines = (await readText(file, what)).split(/\r\n|\r|\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** A JSON file as a schema wants it. @throws FcnError naming the file and the first thing that is wrong */
export async function readJson<T>(schema: z.ZodType<T>, file: string, what: string): Promise<T> {
  return parseJson(schema, await readText(file, what), `${what} ${file}`);
}
