import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/base/files.ts';

describe('makeFolder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fcn-folders-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes a folder that can be used by the path that was given, whatever is missing in it', async () => {
    for (const given of ['run', 'runs/a/b', 'missing/../run2', 'gone/../missing2/./x', 'run/']) {
      await makeFolder(`${folder}/${given}`);
      expect(await readdir(`${folder}/${given}`)).toEqual([]);
    }
  });

  it('names the folder that it cannot make', async () => {
    await writeFile(`${folder}/file`, '');
    await expect(makeFolder(`${folder}/file/x`)).rejects.toThrow(`cannot create the folder ${folder}/file/x`);
    await expect(makeFolder(`${folder}/file`)).rejects.toThrow(`cannot create the folder ${folder}/file`);
  });
});
