import type { z } from 'zod';
import { inputError, reasonOf } from './errors.ts';

/** JSON text as a schema wants it. @throws FcnError that begins with `what`, naming the first thing that is wrong. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const value = parse(text, what);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw inputError(`${what}: ${[path.join('.'), message].filter(Boolean).join(': ')}`, result.error);
}

/** Also of what Python writes for numbers that JSON does not have, which become null. */
function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const mended = text.replace(notNumbers, (token) => (token.startsWith('"') ? token : 'null'));
    try {
      if (mended !== text) return JSON.parse(mended);
    } catch {} // what was wrong at first is to be told
    throw inputError(`${what}: not JSON (${reasonOf(thrown)})`, thrown);
  }
}

/** Strings, which are to be passed over, and numbers that are none. */
const notNumbers = /"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g;
