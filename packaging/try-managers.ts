/**
 * `npx tsx packaging/try-managers.ts DIR [MANAGER...]` installs the tarballs of `npm run pack:all -- DIR` with each package manager, with its
 * default settings, in an empty folder, and trains and predicts with what was installed. For a person to run: it downloads the
 * managers and takes minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serveRegistry } from './registry.ts';

interface Manager {
  /** What installs fcn, given as a command line behind `npx -y`. */
  readonly install: string;
  /** What runs a program of an installed package. */
  readonly run: string;
  /** Files in which it finds the registry; beside .npmrc. */
  readonly files?: Readonly<Record<string, string>>;
}

const berry = '@yarnpkg/cli-dist@4.18.1';
const yarnFiles = (address: string, linker: string) => ({
  'yarn.lock': '',
  '.yarnrc.yml': `npmRegistryServer: ${address}\nunsafeHttpWhitelist: [127.0.0.1]\nnodeLinker: ${linker}\n`,
});

const managers: Readonly<Record<string, (address: string) => Manager>> = {
  npm: () => ({ install: 'npm@11 install fcn', run: 'npm@11 exec --no --' }),
  'npm 10': () => ({ install: 'npm@10 install fcn', run: 'npm@10 exec --no --' }),
  pnpm: () => ({ install: 'pnpm@10 add fcn', run: 'pnpm@10 exec' }),
  'yarn 1': () => ({ install: 'yarn@1.22.22 add fcn', run: 'yarn@1.22.22 -s run' }),
  'yarn PnP': (address) => ({
    install: `${berry} add fcn`,
    run: `${berry} run`,
    files: yarnFiles(address, 'pnp'),
  }),
  'yarn node-modules': (address) => ({
    install: `${berry} add fcn`,
    run: `${berry} run`,
    files: yarnFiles(address, 'node-modules'),
  }),
  bun: () => ({ install: 'bun@1.4.5 add fcn', run: 'bun@1.4.5 run' }),
};

const [tarballs, ...wanted] = process.argv.slice(2);
if (!tarballs) {
  console.error(`usage: tsx packaging/try-managers.ts DIR [${Object.keys(managers).join('|')}...]`);
  process.exit(2);
}
const registry = await serveRegistry(tarballs);
const results: string[] = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(managers)) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fcn-try-'));
  try {
    await tryOne(managers[name]!(registry.address), folder);
    results.push(`${name}: works`);
  } catch (thrown) {
    results.push(`${name}: ${String(thrown)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
registry.close();
console.log(results.join('\n'));

async function tryOne({ install, run, files = {} }: Manager, folder: string): Promise<void> {
  const project = path.join(folder, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{"name":"try","private":true}\n');
  writeFileSync(path.join(project, '.npmrc'), `registry=${registry.address}/\n`);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(project, name), text);
  // Nothing that an earlier try has left; the settings of this machine and of `npm run` do not count.
  const env = { ...withoutNpm(process.env), XDG_CACHE_HOME: folder, YARN_GLOBAL_FOLDER: folder };
  const npx = async (line: string) => {
    console.log(`> ${line}`);
    const [code] = await once(
      spawn('npx', ['-y', ...line.split(' ')], { cwd: project, stdio: 'inherit', env }),
      'exit',
    );
    if (code !== 0) throw new Error(`${line} ended with ${code}`);
  };
  await npx(install);
  await npx(`${run} fcn data make shapes:?train=1&val=1&size=64 --out made`);
  await npx(
    `${run} fcn train --data shapes:?train=8&val=2&size=64 --model fcn32s-squeezenet --width 0.25 --iterations 2 --out run`,
  );
  await npx(
    `${run} fcn predict --weights run/last.safetensors --out predicted made/JPEGImages/val_000000.png`,
  );
}

function withoutNpm(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^npm_/i.test(name));
  return Object.fromEntries(kept);
}
