import type * as z from 'zod';
import { inputError, reasonOf } from './errors.ts';
import { faultOf, issueInWords } from './issue-in-words.ts';
import { checkDensity, endOfString } from './json-density.ts';

/** What JSON text says. @throws SyntaxError, also for a text that would take many times its memory, which no tool writes */
export function parseDenseJson(text: string): unknown {
  checkDensity(text);
  return JSON.parse(text);
}

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
  const { path, message } = faultOf(result.error.issues[0]!);
  throw inputError(
    `${what}: ${[path.join('.'), issueInWords(message)].filter(Boolean).join(': ')}${end}`,
    result.error,
  );
}

/** Also of what Python writes for numbers that JSON does not have, which become null. */
function parse(text: string, what: string, end: string): unknown {
  try {
    return parseDenseJson(text);
  } catch (thrown) {
    const mended = withoutNotNumbers(text);
    try {
      if (mended !== text) return parseDenseJson(mended);
    } catch {} // what was wrong at first is to be told
    throw inputError(`${what}: not JSON (${reasonOf(thrown)})${end}`, thrown);
  }
}

/**
 * A text with null for what is no number, outside of strings: one regular expression for these as well fails at strings of
 * megabytes.
 */
function withoutNotNumbers(text: string): string {
  /** All before this is looked at: strings have ended, and none has begun. */
  let outside = 0;
  return text.replace(notNumbers, (token, at: number) => {
    while (outside <= at) {
      const start = text.indexOf('"', outside);
      if (start < 0 || start > at) return 'null';
      outside = endOfString(text, start + 1) + 1;
    }
    return token;
  });
}

const notNumbers = /\bNaN\b|-?\bInfinity\b/g;
