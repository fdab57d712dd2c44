/**
 * `npm run pack:all -- DIR` writes every package that a registry would get, as tarballs: in DIR those that this machine
 * installs, in folders below it those for other platforms and for pages.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { platforms } from '../src/engine/runtimes/native/library-path.ts';
import { howToInstall } from './how-to-install.ts';
import { stageMain } from './main-package.ts';
import { pack } from './pack.ts';
import { stagePlatform } from './platform-package.ts';
import { stageWeb } from './web-package.ts';

const [directory, ...others] = process.argv.slice(2);
if (!directory || others.length > 0) {
  console.error('usage: npm run pack:all -- DIR');
  process.exit(2);
}
const destination = path.resolve(directory);
await removeTarballs(destination);
const here = `${process.platform}-${process.arch}`;
const staging = await mkdtemp(path.join(tmpdir(), 'fcn-pack-'));
try {
  const main = path.join(staging, 'fcn');
  await stageMain(main);
  await packInto('.', main);
  for (const platform of platforms) {
    const folder = path.join(staging, platform);
    await stagePlatform(platform, folder);
    await packInto(platform === here ? '.' : 'other-platforms', folder);
  }
  const web = path.join(staging, 'fcn-web');
  await stageWeb(web, main);
  await packInto('web', web);
} finally {
  await rm(staging, { recursive: true, force: true });
}
const text = await howToInstall(directory, destination);
await writeFile(path.join(destination, 'README.md'), text);
process.stdout.write(`\n${text}`);

async function packInto(place: string, folder: string): Promise<void> {
  const file = await pack(folder, path.join(destination, place));
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}

/** Those of an earlier version would be installed along. */
async function removeTarballs(folder: string): Promise<void> {
  for (const place of ['.', 'other-platforms', 'web']) {
    const names = await readdir(path.join(folder, place)).catch(() => []); // it is made then
    const ours = names.filter((name) => /^fcn-.*\.tgz$/.test(name));
    await Promise.all(ours.map((name) => rm(path.join(folder, place, name))));
  }
}
