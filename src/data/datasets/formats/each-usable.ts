import { FcnError } from '../../../base/errors.ts';
import { lacksMemory } from '../../../base/memory.ts';
import type { OnUnusable } from '../unusable.ts';

/** What `work` makes of each item, without those that it refuses; `onUnusable` gets to know why. */
export async function eachUsable<T, R>(
  items: Iterable<T>,
  onUnusable: OnUnusable,
  idOf: (item: T) => string,
  work: (item: T) => R | Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(await work(item));
    } catch (thrown) {
      if (!(thrown instanceof FcnError) || lacksMemory(thrown)) throw thrown;
      onUnusable(thrown, [idOf(item)]);
    }
  }
  return results;
}
