import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { init, parse } from 'es-module-lexer';

export interface Import {
  /** The importing file, from the root of the repository, with slashes. */
  readonly from: string;
  /** A file, from the root of the repository, or a package as it is written (`zod`, `node:fs`). */
  readonly to: string;
  /** Whether it is gone when the program runs: `import type`, `export type`, or `import('x').T` as a type. */
  readonly isType: boolean;
}

/** All imports of the TypeScript files in some folders: static, re-exported, dynamic, and those of types. */
export async function importsOf(root: string, folders: readonly string[]): Promise<Import[]> {
  await init();
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(folder, file).replaceAll(path.sep, '/'),
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => importsIn(file, readFileSync(path.join(root, file), 'utf8')));
}

/** The imports of one file. `await init()` of the lexer comes first. */
export function importsIn(from: string, source: string): Import[] {
  return parse(source)[0].flatMap((found) => {
    if (found.type === 'import-meta') return [];
    const { specifier } = found;
    if (specifier === undefined) {
      throw new Error(`${from}: got an import whose file is computed, expected a string`);
    }
    const to = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : specifier;
    return [{ from, to, isType: found.type === 'dynamic' ? found.probablyTypeOnly : found.typeOnly }];
  });
}

/** Imports of files that do not exist: a sign that imports were read wrongly. */
export function lost(root: string, imports: readonly Import[]): Import[] {
  return imports.filter(({ to }) => isFile(to) && !existsSync(path.join(root, to)));
}

export function isFile(imported: string): boolean {
  return /^(src|web)\//.test(imported);
}
