/** Something about a split that its owner should know. */
export interface Problem {
  /** `error`: files that cannot be used. */
  readonly severity: 'error' | 'warning';
  /** One line; names a few of the ids. */
  readonly message: string;
  /** All images that it is about. */
  readonly ids: readonly string[];
}

/** A warning that ends with the ids: `a, b, c, ...`. */
export function warning(message: string, ids: readonly string[] = []): Problem {
  return { severity: 'warning', message: ids.length > 0 ? `${message}: ${aFew(ids)}` : message, ids };
}

/** The first names of a list. */
export function aFew(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
}
