import type * as z from 'zod';
import { parseJson } from '../../../base/parse-json.ts';
import { readText } from '../../../base/text.ts';

/**
 * The lines of a file without spaces around them, empty ones left out.
 * @param mostBytes that such a file has
 */
export async function readLines(file: string, what: string, mostBytes?: number): Promise<string[]> {
  const lines = (await readText(file, what, mostBytes)).split(/\r\n|\r|\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** A JSON file as a schema wants it. @throws FcnError naming the file and the first thing that is wrong */
export async function readJson<T>(schema: z.ZodType<T>, file: string, what: string): Promise<T> {
  return parseJson(schema, await readText(file, what), `${what} ${file}`);
}
