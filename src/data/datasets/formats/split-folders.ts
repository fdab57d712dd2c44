const names: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
};

/** What folders and files of splits are called. */
export const splitNames: readonly string[] = Object.keys(names);

/** The split that a folder of this name holds: `valid` and `validation` are `val`. Undefined for any other name. */
export function splitOfFolder(name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/** Values by split, train first, then val and test. */
export function inOrder<T>(splits: ReadonlyMap<string, T>): Map<string, T> {
  const order = ['train', 'val', 'test'];
  return new Map([...splits].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** Adds a value to the list under a key, that of a split say. */
export function addTo<K, T>(lists: Map<K, T[]>, key: K, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
