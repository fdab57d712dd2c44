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
      throw new SyntaxError('got little more than brackets');
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
  const value = parse(text, what, end);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw inputError(`${what}: ${[path.join('.'), message].filter(Boolean).join(': ')}${end}`, result.error);
}

/** Also of what Python writes for numbers that JSON does not have, which become null. */
function parse(text: string, what: string, end: string): unknown {
  try {
    return parseDenseJson(text);
  } catch (thrown) {
    const mended = text.replace(notNumbers, (token) => (token.startsWith('"') ? token : 'null'));
    try {
      if (mended !== text) return parseDenseJson(mended);
    } catch {} // what was wrong at first is to be told
    throw inputError(`${what}: not JSON (${reasonOf(thrown)})${end}`, thrown);
  }
}

/** Strings, which are to be passed over, and numbers that are none. */
const notNumbers = /"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g;
