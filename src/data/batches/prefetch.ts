/**
 * What `make` gives for `from` to `to` - 1, in order. Made in the background: while one is in use, up to `ahead` more
 * are under way or wait.
 * @throws the error of the first that cannot be made, when its turn comes.
 */
export async function* prefetch<T>(
  make: (index: number) => Promise<T>,
  { from, to, ahead }: { readonly from: number; readonly to: number; readonly ahead: number },
): AsyncGenerator<T, void, undefined> {
  const pending: Promise<T>[] = [];
  try {
    for (let next = from, current = from; current < to; current++) {
      while (next < to && next <= current + ahead) {
        const item = make(next++);
        // Its error is thrown below, when its turn comes; until then it is not an unhandled rejection.
        item.catch(() => {});
        pending.push(item);
      }
      yield await pending.shift()!;
    }
  } finally {
    // Whoever stops early may close or delete what `make` reads after this.
    await Promise.allSettled(pending);
  }
}
