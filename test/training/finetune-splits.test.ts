import { expect, it } from 'vitest';
import { chooseSplits } from '../../src/training/finetune-splits.ts';

it.each([
  [['train', 'val', 'test'], {}, 'train', 'val', []],
  [['train', 'test'], {}, 'train', 'test', ['validated on: there is no split val']],
  [
    ['val', 'test'],
    {},
    'val',
    'test',
    ['trained on: there is no split train', 'validated on: val is used for training'],
  ],
  [
    ['valid', 'test'],
    {},
    'valid',
    'test',
    ['trained on: there is no split train', 'validated on: there is no split val'],
  ],
  [['val', 'test'], { trainSplit: 'test' }, 'test', 'val', []],
  [['val', 'test'], { valSplit: 'val' }, 'test', 'val', ['trained on: there is no split train']],
  [
    ['trainval', 'test'],
    {},
    'trainval',
    'test',
    ['trained on: there is no split train', 'validated on: there is no split val'],
  ],
  [['trainval', 'train', 'val'], {}, 'train', 'val', []],
  [['trainval', 'val'], {}, 'train', 'val', []],
  [['val'], {}, 'train', 'val', []],
  [['a', 'b'], {}, 'train', 'val', []],
  [['a', 'b'], { trainSplit: 'a', valSplit: 'b' }, 'a', 'b', []],
] as const)(
  'of the splits %j, asked for %j: trains on %s, validates on %s',
  (known, asked, trainSplit, valSplit, said) => {
    const { values, choices } = chooseSplits(known, asked);
    expect(values).toEqual({ trainSplit, valSplit });
    expect(choices.map(({ setting, reason }) => `${setting}: ${reason}`)).toEqual(said);
  },
);
