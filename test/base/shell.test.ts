import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inShell } from '../../src/base/shell.ts';

describe.skipIf(process.platform === 'win32')('an argument for a shell', () => {
  it.each(['runs/first', 'my data', "it's $HOME", 'a;b&c|d>e', '*.jpg', '`date` "x" \\ \n !', '-', 'ä', ''])(
    '%j reaches the program as it is',
    (argument) => {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${inShell(argument)}`], { encoding: 'utf8' });
      expect(stdout).toBe(argument);
    },
  );

  it('stays as it is where a shell sees nothing special in it', () => {
    expect(inShell('runs/first-2.5_a=b,c:d@e%f+g')).toBe('runs/first-2.5_a=b,c:d@e%f+g');
  });
});
