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
  const [, expected, received] = /^Invalid input: expected (\w+)(?:, received (\w+))?$/.exec(message) ?? [];
  if (expected === undefined) return message;
  const wanted = `expected ${kindOf(expected)}`;
  return received === undefined ? wanted : `got ${kindOf(received)}, ${wanted}`;
}
