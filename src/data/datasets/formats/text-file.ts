import type { z } from 'zod';
import { readInput } from '../../../base/files.ts';
import { parseJson } from '../../../base/parse-json.ts';
import { decodeText } from '../../../base/text.ts';

/** The text of a file in UTF-8 or UTF-16. @throws FcnError naming the file, and the line that is in another encoding */
export async function readText(file: string, what: string): Promise<string> {
  return decodeText(await readInput(file, what), `${what} ${file}`);
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
