import * as z from 'zod';
import { faultOf } from './issue-in-words.ts';

/*
 * Schemas of lists and records that end at the first thing that is wrong. Those of zod describe every one, which takes a
 * hundred times the memory of a list whose elements are all wrong.
 */

/** A list whose elements are as a schema wants them. */
export function listOf<T>(element: z.ZodType<T>) {
  return z
    .custom<readonly unknown[]>(Array.isArray, { error: expectedArray })
    .transform((items, context): T[] => {
      const list: T[] = [];
      for (const [i, item] of items.entries()) {
        const result = element.safeParse(item);
        if (!result.success) return refuse(context, i, result.error);
        list.push(result.data);
      }
      return list;
    });
}

/** The same, of at least one. */
export function someOf<T>(element: z.ZodType<T>) {
  return listOf(element).refine(({ length }) => length > 0, 'expected at least one');
}

/** An object with any keys, whose values are as a schema wants them. */
export function recordOf<T>(element: z.ZodType<T>) {
  return z
    .custom<object>(isPlainObject, 'expected an object')
    .transform((object, context): Record<string, T> => {
      const entries: [string, T][] = [];
      for (const [key, value] of Object.entries(object)) {
        const result = element.safeParse(value);
        if (!result.success) return refuse(context, key, result.error);
        entries.push([key, result.data]);
      }
      return Object.fromEntries(entries);
    });
}

/** As zod says it of its own lists, which it copies. */
function expectedArray({ input }: { readonly input?: unknown }): string {
  const received = input === null ? 'null' : typeof input;
  return `Invalid input: expected array, received ${received}`;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(context: z.RefinementCtx, place: PropertyKey, { issues }: z.ZodError): never {
  const { path, message } = faultOf(issues[0]!);
  context.addIssue({ code: 'custom', path: [place, ...path], message });
  return z.NEVER;
}
