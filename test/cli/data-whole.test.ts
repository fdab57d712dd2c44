import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectError, expectSuccess, startFcn, temporaryFolder } from './fcn.ts';
import { fcnInside } from './inside.ts';
import { cutOff, makeVocFolder, type VocFolder } from './voc-folder.ts';

let voc: VocFolder;
let place: string;
beforeAll(async () => {
  voc = await makeVocFolder();
  place = await temporaryFolder();
});

/** Images that take long to draw. */
const many = 'shapes:?train=100000&val=2&size=200';

describe('a data set that cannot be written whole', () => {
  it.each(['voc', 'folder'])('is not written as %s', async (format) => {
    const damaged = await makeVocFolder();
    await cutOff(damaged.image('train_000002'), 0.3);
    const empty = path.join(place, format);
    await mkdir(empty);
    for (const out of [path.join(place, 'new', 'out'), empty]) {
      const args = ['data', 'convert', damaged.spec, '--format', format, '--out', out];
      expectError(await fcnInside(...args), 2, damaged.image('train_000002'));
      expect(await readdir(empty)).toEqual([]);
      expect(existsSync(path.join(place, 'new'))).toBe(false);
    }
    // What another process was writing when it was killed is nothing to lose.
    await mkdir(path.join(empty, 'unfinished.fcn-1-1-00000000-0.tmp'));
    expectSuccess(await fcnInside('data', 'convert', voc.spec, '--format', format, '--out', empty));
  });

  it.each([
    ['SIGINT', 'new'],
    ['SIGTERM', 'new'],
    ['SIGTERM', 'empty'],
  ] as const)('leaves nothing after %s in a folder that is %s', async (signal, state) => {
    const parent = path.join(place, `${signal}-${state}`);
    await mkdir(parent);
    const out = state === 'new' ? path.join(parent, 'above', 'out') : parent;
    const { child, ended } = startFcn('data', 'make', many, '--out', out);
    const hasMasks = async () =>
      (await readdir(parent, { recursive: true })).some((name) => name.endsWith('0001.png'));
    while (child.exitCode === null && !(await hasMasks())) await sleep(5);
    child.kill(signal);
    expect(await ended).toMatchObject({
      ...{ code: 130, signal: null, stdout: '' },
      stderr: expect.stringMatching(/\nstopped; nothing was left behind\n$/),
    });
    expect(await readdir(parent)).toEqual([]);
  });
});
