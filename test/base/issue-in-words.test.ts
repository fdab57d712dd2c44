import { expect, it } from 'vitest';
import * as z from 'zod';
import { faultOf, issueInWords } from '../../src/base/issue-in-words.ts';
import { listOf } from '../../src/base/schemas.ts';

it.each([
  [z.number(), 'x', 'got text, expected a number'],
  [z.string(), null, 'got null, expected text'],
  [z.tuple([z.number(), z.number()]), { x: 1 }, 'got an object, expected a list'],
  [z.int(), 0.5, 'got a number, expected a whole number'],
  [z.object({}), undefined, 'got nothing, expected an object'],
  [z.string().min(1), '', 'got an empty text, expected some'],
  [z.number().positive(), 0, 'expected number >0'],
  [z.enum(['a', 'b']), 'c', 'expected one of "a"|"b"'],
  [z.union([z.number(), z.boolean()]), 'x', 'got text, expected a number or true or false'],
  [z.union([z.string(), z.number()]), undefined, 'got nothing, expected text or a number'],
  [z.union([z.literal(0), z.int().positive()]), 'x', 'got text, expected 0 or a number'],
  [z.union([z.string(), z.int().positive()]), -1, 'expected number >0'],
  [z.union([z.string(), z.object({ a: z.string() })]), { a: 1 }, 'got a number, expected text'],
  [listOf(z.union([z.string(), z.number()])), [null], 'got null, expected text or a number'],
  [z.string().refine(() => false, 'in other words'), 'x', 'in other words'],
])('says in words what zod finds wrong: %#', (schema, value, words) => {
  expect(issueInWords(faultOf(schema.safeParse(value).error!.issues[0]!).message)).toBe(words);
});

it('names the place inside of one of several schemas', () => {
  const schema = z.object({ label: z.union([z.string(), z.object({ a: z.string() })]) });
  expect(faultOf(schema.safeParse({ label: { a: 1 } }).error!.issues[0]!).path).toEqual(['label', 'a']);
});
