import { describe, expect, it } from 'vitest';
import { csvLine, csvLines, parseCsvLine } from '../../src/training/csv.ts';

describe('rows as CSV (RFC 4180)', () => {
  it.each([
    [['1', 'a b', '0.5']],
    [['1', 'a,b', 'say "it"', '""', 'two\nlines']],
    [['', '']],
    [['1', `${'x,"'.repeat(1_000_000)}`]],
  ])('are read as they were written', (row) => {
    const text = csvLine(row) + csvLine(['end']);
    const lines = csvLines(text);
    expect(lines.map(parseCsvLine)).toEqual([row, ['end']]);
  });

  it('end where a line was cut off', () => expect(csvLines('1,2\n3,')).toEqual(['1,2']));

  it('of a damaged file, a quote of which is never closed, are one', () => {
    const lines = `1,"a\n${'2,b\n'.repeat(1_000_000)}`;
    expect(csvLines(lines).map((line) => line.length)).toEqual([lines.length]);
  });
});
