import type * as z from 'zod';

/** Where something is wrong, and what, as zod says it. */
interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * What is wrong by an issue of zod, which has nothing to say of a value that fits none of several schemas: the fault inside of
 * the one that it fits the best, or all that is expected.
 */
export function faultOf(issue: z.core.$ZodIssue): Fault {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return issue;
  const { path } = issue;
  const faults = issue.errors.flatMap(([first]) => (first ? [faultOf(first)] : []));
  const inside = faults.find((fault) => fault.path.length > 0);
  if (inside) return { path: [...path, ...inside.path], message: inside.message };
  const types = faults.map(({ message }) => otherType.exec(message));
  const ofRightType = types.indexOf(null);
  if (ofRightType >= 0) return { path, message: faults[ofRightType]!.message };
  const received = types.flatMap((type) => type?.[2] ?? [])[0];
  const expected = types.map((type) => type![1]).join(' or ');
  const end = received === undefined ? '' : `, received ${received}`;
  return { path, message: types.length > 0 ? `Invalid input: expected ${expected}${end}` : issue.message };
}

const otherType = /^Invalid input: expected (\w+(?: or \w+)*)(?:, received (\w+))?$/;

/** What zod calls things, and what people call them. */
const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'text',
  tuple: 'a list',
  undefined: 'nothing',
};

const kindOf = (name: string) => kinds[name] ?? name;

/** A message of zod as this program's other messages are written: `got text, expected a number`. */
export function issueInWords(message: string): string {
  if (message === 'Invalid input') return 'got a value of another kind than expected';
  if (message === 'Too small: expected string to have >=1 characters')
    return 'got an empty text, expected some';
  const [, rest] = /^(?:Invalid option: |Too (?:small|big): )(expected .*)$/.exec(message) ?? [];
  if (rest !== undefined) return rest.replace(' to be ', ' ');
  const [, expected, received] = otherType.exec(message) ?? [];
  if (expected === undefined) return message;
  const wanted = `expected ${expected.split(' or ').map(kindOf).join(' or ')}`;
  return received === undefined ? wanted : `got ${kindOf(received)}, ${wanted}`;
}
