import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectSuccess, fcnProgram, startFcn, startProgram, temporaryFolder, tinyTraining } from './fcn.ts';
import { iterationsOf, newestCheckpoint } from './run-traces.ts';

const inTerminal = fileURLToPath(new URL('./in-terminal.py', import.meta.url));

describe.skipIf(process.platform === 'win32')('a terminal that is closed', () => {
  it('ends a training, which has saved all by then', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const training = tinyTraining(run, '--iterations', '100000', '--checkpoint-every', '100000');
    const command = [process.execPath, fcnProgram, ...training];
    const { stdout, stderr } = await startProgram('python3', [
      inTerminal,
      path.join(run, 'best.json'),
      ...command,
    ]).ended;
    expect(stdout, stderr).toBe('130\n');
    const iterations = await iterationsOf(run);
    expect(iterations).toBeGreaterThan(0);
    expect(await newestCheckpoint(run)).toBe(`iteration-${iterations}.safetensors`);
  });

  it('does not end one that has nothing to do with it, as with nohup', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const { child, ended } = startFcn(...tinyTraining(run, '--iterations', '60'));
    while (!existsSync(path.join(run, 'log.csv'))) await sleep(3);
    child.kill('SIGHUP');
    expectSuccess(await ended);
    expect(await iterationsOf(run)).toBe(60);
  });
});
