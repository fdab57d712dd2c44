import { expect, it } from 'vitest';
import * as z from 'zod';
import { issueInWords } from '../../src/base/issue-in-words.ts';

it.each([
  [z.number(), 'x', 'got text, expected a number'],
  [z.string(), null, 'got null, expected text'],
  [z.tuple([z.number(), z.number()]), { x: 1 }, 'got an object, expected a list'],
  [z.int(), 0.5, 'got a number, expected a whole number'],
  [z.object({}), undefined, 'got nothing, expected an object'],
  [z.string().min(1), '', 'got an empty text, expected some'],
  [z.number().positive(), 0, 'expected number >0'],
  [z.enum(['a', 'b']), 'c', 'expected one of "a"|"b"'],
  [z.union([z.number(), z.boolean()]), 'x', 'got a value of another kind than expected'],
  [z.string().refine(() => false, 'in other words'), 'x', 'in other words'],
])('says in words what zod finds wrong: %#', (schema, value, words) => {
  expect(issueInWords(schema.safeParse(value).error!.issues[0]!.message)).toBe(words);
});
