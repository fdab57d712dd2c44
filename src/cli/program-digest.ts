import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What tells whether two machines run the same program: a digest of all of its files. */
export async function programDigest(): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const names = (await readdir(root, { recursive: true })).filter((name) => /\.[jt]s$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(name).update(await readFile(path.join(root, name)));
  return hash.digest('hex').slice(0, 8);
}
