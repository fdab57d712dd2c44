import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, temporaryFolder } from './fcn.ts';

let script: string;
beforeAll(async () => {
  const outcome = await fcn('completion', 'bash');
  expectSuccess(outcome);
  script = path.join(await temporaryFolder(), 'fcn.bash');
  await writeFile(script, outcome.stdout);
});

/** What bash offers behind a line, by the script as a shell has sourced it. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `source '${script}'
    COMP_WORDS=(fcn ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
    _fcn; printf '%s\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-euc', program]);
  return stdout.trim().split('\n');
}

it('completes commands, subcommands, options and their values in bash', async () => {
  expect(await offered('ev')).toEqual(['evaluate']);
  expect(await offered('data', '')).toEqual(expect.arrayContaining(['make', 'check', 'convert']));
  expect(await offered('data', 'check', '--spl')).toEqual(['--split']);
  expect(await offered('predict', '--weights', 'x', '--ov')).toEqual(['--overlay']);
  expect(await offered('train', '--recipe', 'p')).toEqual(['paper2015']);
  expect(await offered('train', '--data', 'my')).toEqual(['']);
});

it('writes scripts for zsh and fish, and knows no other shell', async () => {
  const [zsh, fish] = [await fcn('completion', 'zsh'), await fcn('completion', 'fish')];
  expect(zsh.stdout).toMatch(/^autoload -U \+X bashcompinit/);
  expect(fish.stdout).toMatch(
    /^complete -c fcn -f -n 'not __fish_seen_subcommand_from train watch .*' -a train$/m,
  );
  expectError(await fcn('completion', 'cmd'), 2, /<shell>: got 'cmd', expected one of bash, zsh, fish/);
});
