import { describe, expect, it } from 'vitest';
import { objectiveText, parseObjective } from '../../src/networks/objectives.ts';

describe('an objective', () => {
  it('is a sum of losses with factors', () => {
    expect(parseObjective('ce')).toEqual([{ name: 'ce', weight: 1 }]);
    expect(parseObjective('ce + 0.5*dice+2*lovasz')).toEqual([
      { name: 'ce', weight: 1 },
      { name: 'dice', weight: 0.5 },
      { name: 'lovasz', weight: 2 },
    ]);
  });

  it.each(['ce+dice', '0.5*focal+lovasz'])('%s is written as it is read', (text) => {
    expect(objectiveText(parseObjective(text)!)).toBe(text);
  });

  it('is written without what does not matter', () => {
    expect(objectiveText(parseObjective('1*ce + 0.50*dice')!)).toBe('ce+0.5*dice');
  });

  it.each([
    '',
    '+',
    'ce+',
    'ce,dice',
    'CE',
    'ce+ce',
    '0*ce',
    '-1*ce',
    'ce*2',
    '1e400*ce',
    'toString',
    'NaN*ce',
  ])('%j is none', (text) => {
    expect(parseObjective(text)).toBeUndefined();
  });
});
