import { describe, expect, it } from 'vitest';
import { siftFlowClasses } from '../../src/data/datasets/papers/sift-flow-classes.ts';
import type { ModelConfig } from '../../src/networks/model-config.ts';
import { formatFates } from '../../src/weights/fates.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { randomModel } from './models.ts';

const semantic = [...siftFlowClasses.semantic];
const geometric = [...siftFlowClasses.geometric];
const heads = [
  { name: 'semantic', classes: semantic },
  { name: 'geometric', classes: geometric },
];
const both = { model: 'fcn16s', numClasses: 33, classes: semantic, heads } as const;
const ofClasses = (classes: string[]) => ({ model: 'fcn16s', numClasses: classes.length, classes }) as const;

/** What becomes of the weights of one network in another, and from which tensor each of the second is. */
function start(from: Partial<ModelConfig>, to: Partial<ModelConfig>, options = {}) {
  const source = randomModel(from);
  const target = randomModel(to).config;
  const { weights, fates } = transplant(source, target, 3, options);
  const origin = (name: string) =>
    [...source.weights].find(([, tensor]) => tensor === weights.get(name))?.[0];
  return { origin, fates: formatFates(fates).split('\n') };
}

describe('a network with two heads', () => {
  it('starts from one of a head with the head that has the same classes', () => {
    const { fates, origin } = start(ofClasses(semantic), both);
    expect(fates).toEqual([
      'copied 36: conv1_1 ... upscore16',
      'initialized 6: score_fr_geometric ... upscore16_geometric (no such head in the file)',
    ]);
    expect(origin('score_fr.weight')).toBe('score_fr.weight');
  });

  it('is told when those classes are of its second head', () => {
    const { fates, origin } = start(ofClasses(geometric), both);
    expect(fates.slice(0, 3)).toEqual([
      'copied 30: conv1_1 ... fc7',
      'initialized 6: score_fr ... upscore16 (3 classes in the file, not 33)',
      'copied 1: score_fr_geometric (from score_fr.weight of the file)',
    ]);
    expect(origin('score_fr_geometric.weight')).toBe('score_fr.weight');
    expect(origin('upscore16_geometric.weight')).toBe('upscore16.weight');
  });

  it('starts from another of two heads by their names', () => {
    const { fates } = start({ ...both, model: 'fcn32s' }, both);
    expect(fates).toEqual([
      'copied 34: conv1_1 ... score_fr, score_fr_geometric',
      'initialized 8: upscore2, score_pool4, upscore16, upscore2_geometric, score_pool4_geometric, upscore16_geometric (not in the file)',
      'dropped 2: upscore, upscore_geometric (not part of fcn16s)',
    ]);
  });

  it('keeps the scores of a head that has the same classes, and starts the other anew', () => {
    const others = [heads[0]!, { name: 'geometric', classes: ['sky', 'vertical'] }];
    const { fates } = start(both, { ...both, heads: others });
    expect(fates).toEqual([
      'copied 36: conv1_1 ... upscore16',
      'initialized 6: score_fr_geometric ... upscore16_geometric (3 classes in the file, not 2)',
    ]);
    expect(start(both, { ...both, heads: others }, { expandScores: true }).fates[1]).toMatch(
      /^expanded 6: score_fr_geometric .* \(2 of 2 classes are in the file\)$/,
    );
  });
});

describe('a network with one head', () => {
  it('starts from the head of two that has its classes', () => {
    const { fates, origin } = start(both, ofClasses(geometric));
    expect(origin('score_fr.weight')).toBe('score_fr_geometric.weight');
    expect(origin('score_pool4.bias')).toBe('score_pool4_geometric.bias');
    expect(fates.at(-1)).toBe('dropped 6: score_fr ... upscore16 (not part of fcn16s)');
  });

  it('starts from the backbone of two heads where neither has its classes', () => {
    const { fates } = start(both, { model: 'fcn16s' });
    expect(fates).toEqual([
      'copied 30: conv1_1 ... fc7',
      'initialized 6: score_fr ... upscore16 (33 classes in the file, not 21)',
      'dropped 6: score_fr_geometric ... upscore16_geometric (not part of fcn16s)',
    ]);
  });

  it('takes over factors of the skips of each head', () => {
    const source = randomModel(both);
    const atOnce = randomModel({ ...both, model: 'fcn8s-atonce' }).config;
    const { weights } = transplant(source, atOnce, 3);
    for (const name of ['score_pool4.weight', 'score_pool4_geometric.weight']) {
      expect(weights.get(name)!.data[5]! / source.weights.get(name)!.data[5]!).toBeCloseTo(100, 3);
    }
    expect(weights.get('score_pool4_geometric.bias')).toBe(source.weights.get('score_pool4_geometric.bias'));
  });
});
