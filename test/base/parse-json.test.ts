import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseDenseJson, parseJson } from '../../src/base/parse-json.ts';
import { listOf, recordOf } from '../../src/base/schemas.ts';

const million = 1_000_000;
const list = (item: string, count: number) => `[${Array(count).fill(item).join(',')}]`;

describe('JSON that takes many times the memory of its text', () => {
  const refused = /got little more than brackets, commas and names/;

  it.each([
    ['digits', list('0', 20 * million)],
    ['lists', list('[]', 3 * million)],
    ['objects', list('{}', 3 * million)],
    ['ever other names', `{${Array.from({ length: million }, (_, i) => `"${i}":0`).join(',')}}`],
    ['one name again and again', `{${Array(million).fill('"a":{}').join(',')}}`],
  ])('is refused: %s', (_, text) => expect(() => parseDenseJson(text)).toThrow(refused));

  it.each([
    ['few digits', list('0', million)],
    ['runs of a mask, without spaces', list('0,30,120,255', 5 * million)],
    ['points of an outline', list('[123.25,456.5]', million)],
    ['brackets and commas in a string', JSON.stringify('[,'.repeat(20 * million))],
    [
      'the header of a large network',
      `{${Array.from({ length: 100_000 }, (_, i) => `"layer${i}.weight":{"dtype":"F32","shape":[64,64,3,3],"data_offsets":[${i},${i + 1}]}`).join(',')}}`,
    ],
  ])('is not what tools write: %s', (_, text) =>
    expect(JSON.stringify(parseDenseJson(text)) === text).toBe(true),
  );

  it('is told by what is outside of strings, wherever these end', () => {
    for (const text of ['a"b', '\\', 'a\\"b\\', '\\\\"', ''])
      expect(parseDenseJson(JSON.stringify([text, { [text]: text }]))).toEqual([text, { [text]: text }]);
  });
});

describe('numbers that JSON does not have', () => {
  const schema = z.object({ a: z.number().nullable(), b: z.string() });

  it('are null, but not in strings', () => {
    const text = '{"a": NaN, "b": "NaN, \\"-Infinity\\""}';
    expect(parseJson(schema, text, 'x')).toEqual({ a: null, b: 'NaN, "-Infinity"' });
    expect(parseJson(schema, '{"a":-Infinity,"b":""}', 'x')).toEqual({ a: null, b: '' });
  });

  it('are found beside strings of any length', () => {
    const long = 'x'.repeat(20 * million);
    expect(parseJson(schema, `{"b":"${long}","a":NaN}`, 'x').a).toBeNull();
    expect(() => parseJson(schema, `{"a":1,"b":"${long}`, 'file x')).toThrow(/^file x: not JSON \(/);
  });
});

describe('schemas of lists', () => {
  it('name the first thing that is wrong', () => {
    const schema = z.object({ a: listOf(z.number()), b: recordOf(z.number()).optional() });
    expect(() => parseJson(schema, '{}', 'x')).toThrow('x: a: got nothing, expected a list');
    expect(() => parseJson(schema, '{"a":null}', 'x')).toThrow('x: a: got null, expected a list');
    expect(() => parseJson(schema, '{"a":[1,"b","c"]}', 'x')).toThrow('x: a.1: got text, expected a number');
    expect(() => parseJson(schema, '{"a":[],"b":{"c":0,"d":""}}', 'x')).toThrow(
      'x: b.d: got text, expected a number',
    );
  });
});
