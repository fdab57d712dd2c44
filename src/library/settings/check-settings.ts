import type * as z from 'zod';
import { inputError } from '../../base/errors.ts';
import { nearestName } from './nearest-name.ts';

type Issue = z.core.$ZodIssue;

/**
 * What a program asks for, with the defaults of what it leaves out. JavaScript has nothing that looks at it before.
 * @param what the function that is called, for messages
 * @throws FcnError naming the first setting that is unknown, of another type or out of range
 */
export function checkSettings<T>(schema: z.ZodType<T>, settings: unknown, what: string): T {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const issues = result.error.issues;
  // A misspelt name comes before what is missing because of it.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  throw inputError(messageOf(issue, settings, schema, what), result.error);
}

function messageOf(issue: Issue, settings: unknown, schema: z.ZodType, what: string): string {
  const place = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const names = 'shape' in schema && place === '' ? Object.keys(schema.shape as object) : [];
    const nearest = nearestName(key!, names);
    const advice = nearest ? `did you mean ${nearest}?` : 'leave it out';
    return `${what}: got the unknown setting ${place ? `${place}.` : ''}${key}, expected another; ${advice}`;
  }
  const got = shown(issue.path.reduce<unknown>((value, key) => (value as never)?.[key], settings));
  const expected = issue.message
    .replace(/^(?:(?:Invalid|Too) [\w ]+: )?(?:expected )?/, '')
    .replace(/, received .*$/, '');
  return `${what}: ${place ? `${place}: ` : ''}got ${got}, expected ${expected}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
