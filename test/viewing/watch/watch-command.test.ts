import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, temporaryFolder, tinyTraining } from '../../cli/fcn.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

describe('fcn watch', () => {
  it('says when there is no run in the folder', async () => {
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    for (const out of [empty, path.join(folder, 'missing')])
      expectError(await fcn('watch', out), 2, `RUN: got ${out}, which has no run`);
  });

  it('says when the files are not those of a run', async () => {
    const broken = path.join(folder, 'broken');
    await mkdir(broken);
    await writeFile(path.join(broken, 'config.json'), '{}');
    expectError(await fcn('watch', broken), 2, path.join(broken, 'config.json'));
  });

  it('says when the port cannot be used', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const out = path.join(folder, 'untouched');
    const outcome = await fcn(...tinyTraining(out, '--watch', '--port', `${port}`));
    expectError(outcome, 2, `--port: got ${port}, which is in use`);
    server.close();
    expectError(await fcn('watch', folder, '--port', '65536'), 2, /--port.*0 to 65535/);
    expectError(await fcn(...tinyTraining(out, '--port', '6116')), 2, '--port: got 6116 without --watch');
  });
});

describe('fcn train --watch', () => {
  it('ends when the training does, which is the same as without it', async () => {
    const outcome = await fcn(
      ...tinyTraining(path.join(folder, 'run'), '--iterations', '2', '--watch', '--port', '0'),
    );
    expectSuccess(outcome);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(/^watch at http:\/\/127\.0\.0\.1:\d+\/\n/);
    expect(outcome.stderr).toMatch(/fcn32s-alexnet: iteration 2: loss \S+, val mean IoU /);
  });
});
