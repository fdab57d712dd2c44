import type { z } from 'zod';
import { inputError, reasonOf } from './errors.ts';

/** Characters for each bracket, at least: lists and objects of fewer take many times the memory of their text. */
const leastCharacters = 4;
/** Brackets that any text may have. */
const always = 10_000;

/** What JSON text says. @throws SyntaxError, also for a text of hardly more than brackets, which no tool writes */
export function parseDenseJson(text: string): unknown {
  const most = always + text.length / leastCharacters;
  let brackets = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code === openBracket || code === openBrace) && ++brackets > most)
      throw new SyntaxError('got hardly more than brackets');
  }
  return JSON.parse(text);
}

const openBracket = 0x5b;
const openBrace = 0x7b;

/**
 * JSON text as a schema wants it.
 * @param advice what to do where it is not
 * @throws FcnError that begins with `what`, naming the first thing that is wrong.
 */
export function parseJson<T>(schema: z.ZodType<T>, text: string, what: string, advice?: string): T {
  const end = advice === undefined ? '' : `; ${advice}`;
  let value: unknown;
  try {
    value = parseDenseJson(text);
  } catch (thrown) {
    throw inputError(`${what}: not JSON (${reasonOf(thrown)})${end}`, thrown);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw inputError(`${what}: ${[path.join('.'), message].filter(Boolean).join(': ')}${end}`, result.error);
}
