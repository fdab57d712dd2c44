import { counted } from '../../../base/counted.ts';
import type { SplitContent } from './look-at-split.ts';
import { aFew, type Problem, warning } from './problem.ts';

/** What is wrong between one split and another: the same image in both, by its id or by its pixels. */
export function leaksBetween(one: SplitContent, other: SplitContent): Problem[] {
  const idsOfOther = new Set(other.ids);
  const sameIds = one.ids.filter((id) => idsOfOther.has(id));
  const byHash = new Map([...other.pixelHashes].map(([id, hash]) => [hash, id]));
  const pairs = [...one.pixelHashes]
    .map(([id, hash]) => [id, byHash.get(hash)] as const)
    .filter(([id, twin]) => twin !== undefined && !idsOfOther.has(id));
  const problems: Problem[] = [];
  // Between train and trainval, or val and seg11valid, nobody is deceived.
  const kind = isForTraining(one.split) !== isForTraining(other.split) ? 'leak' : 'overlap';
  if (sameIds.length > 0) {
    problems.push(warning(`${kind}: ${counted(sameIds.length, 'image')} also in ${other.split}`, sameIds));
  }
  if (pairs.length > 0) {
    const message = `${kind}: ${counted(pairs.length, 'image')} with the same pixels as one in ${other.split}`;
    const list = aFew(pairs.map((pair) => pair.join(' = ')));
    problems.push({ severity: 'warning', message: `${message}: ${list}`, ids: pairs.map(([id]) => id) });
  }
  return problems;
}

/** By its name: train, trainval, train-for-seg11valid. */
export function isForTraining(split: string): boolean {
  return split.startsWith('train');
}
