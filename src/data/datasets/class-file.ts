import { readdirSync } from 'node:fs';
import path from 'node:path';

/** What people and tools call the list of classes; the first one there is taken. */
const names = ['classes.txt', 'classes.csv', 'class_dict.csv', 'class_names.txt', 'labels.txt'];

/** The list of classes in the first of some folders that has one; its letter case does not matter. */
export function findClassFile(folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const found = new Map(listOf(folder).map((name) => [name.toLowerCase(), name]));
    const name = names.find((one) => found.has(one));
    if (name !== undefined) return path.join(folder, found.get(name)!);
  }
  return undefined;
}

/** None where the folder cannot be read, which is said where it is opened. */
function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
