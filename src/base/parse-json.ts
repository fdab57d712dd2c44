import type { z } from 'zod';
import { inputError, reasonOf } from './errors.ts';

/**
 * JSON text as a schema wants it.
 * @param advice what to do where it is not
 * @throws FcnError that begins with `what`, naming the first thing that is wrong.
 */
export function parseJson<T>(schema: z.ZodType<T>, text: string, what: string, advice?: string): T {
  const end = advice === undefined ? '' : `; ${advice}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw inputError(`${what}: not JSON (${reasonOf(thrown)})${end}`, thrown);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw inputError(`${what}: ${[path.join('.'), message].filter(Boolean).join(': ')}${end}`, result.error);
}
