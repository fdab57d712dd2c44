import { execFile } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { npmRegistry } from '../../packaging/npm-registry.ts';

const run = promisify(execFile);

/** Whether packages can be downloaded; with FCN_TEST_REQUIRE=all they must be. */
export async function isRegistryReachable(): Promise<boolean> {
  if (process.env.FCN_TEST_REQUIRE === 'all') return true;
  const signal = AbortSignal.timeout(5000);
  return fetch(`${await npmRegistry()}/-/ping`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The environment of a person who has set nothing up, whatever `npm test` and this repository set. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST|FCN_)/i.test(name)),
);

/** Installs tarballs with npm's default settings in a new folder. @returns what runs a program of that folder */
export async function installIn(
  folder: string,
  tarballs: readonly string[],
): Promise<(program: string, ...args: string[]) => Promise<string>> {
  await mkdir(folder);
  await writeFile(path.join(folder, 'package.json'), '{ "name": "empty", "private": true }\n');
  const call = async (program: string, ...args: string[]) => {
    const { stdout } = await run(program, args, { cwd: folder, env: environment });
    return stdout;
  };
  await call('npm', 'install', '--prefer-offline', ...tarballs);
  return call;
}

/** Bytes of all files below a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((file) => stat(path.join(file.parentPath, file.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
