import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunFolder } from '../../../src/training/run-folder.ts';
import { LiveFolder } from '../../../src/viewing/watch/live-folder.ts';
import type { LocalServer } from '../../../src/viewing/watch/local-server.ts';
import { watchRun } from '../../../src/viewing/watch/watch-run.ts';
import { tinyRun } from '../../training/tiny-run.ts';
import { ask } from './ask.ts';

const secret = 'the secret of another file';
let outside: string;
let run: RunFolder;
let server: LocalServer;

beforeEach(async () => {
  outside = await mkdtemp(path.join(tmpdir(), 'fcn-outside-'));
  ({ run } = await tinyRun());
  await run.log.start(() => true);
  await run.validations.start(() => true);
  await new LiveFolder(run.live).open();
  await writeFile(path.join(run.live, '0-image.png'), 'a picture');
  await writeFile(run.report, 'a report');
  server = await watchRun(run.folder, { port: 0, warn: () => undefined });
});
afterEach(async () => {
  await server.close();
  for (const folder of [outside, run.folder]) await rm(folder, { recursive: true, force: true });
});

/** What the server says of everything that it serves. */
async function allAnswers() {
  const paths = ['/', '/report.html', '/live/0/0-image.png'];
  return Promise.all(paths.map((place) => ask(server.url, place)));
}

const files = ['config.json', 'log.csv', 'val.csv', 'best.json', 'summary.json', 'report.html', 'run.lock'];
const inLive = ['live/examples.json', 'live/0-image.png'];

describe.skipIf(process.platform === 'win32')('the server of a run', () => {
  it('serves what is there as a file', async () => {
    expect((await allAnswers()).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it.each([...files, ...inLive, 'stages.json'])('follows no link at %s', async (name) => {
    const target = path.join(outside, 'target');
    const place = run.file(name);
    await writeFile(target, secret);
    await rm(place, { force: true });
    await symlink(target, place);
    const answers = await allAnswers();
    expect(JSON.stringify(answers)).not.toContain(secret.slice(0, 10));
    expect(answers.some(({ status }) => status !== 200)).toBe(true);
    expect(await readFile(target, 'utf8')).toBe(secret);
  });

  it('follows no link to a folder', async () => {
    await rename(run.live, path.join(outside, 'live'));
    await symlink(path.join(outside, 'live'), run.live);
    const [, , picture] = await allAnswers();
    expect(picture!.status).not.toBe(200);
    expect(picture!.body).not.toContain('a picture');
  });

  it.each([...files, ...inLive])('waits for nobody where %s is a pipe', async (name) => {
    await rm(run.file(name), { force: true });
    execFileSync('mkfifo', [run.file(name)]);
    const answers = await allAnswers();
    expect(answers.some(({ status }) => status !== 200)).toBe(true);
    await allAnswers(); // and again: no thread of the process hangs in the pipe
  });

  it('writes through no link', async () => {
    const target = path.join(outside, 'target');
    await writeFile(target, secret);
    const live = new LiveFolder(run.live);
    await symlink(target, path.join(run.live, 'watched'));
    await expect(live.announce()).rejects.toThrow(/a symbolic link at .*watched, expected a file/);
    expect(await readFile(target, 'utf8')).toBe(secret);
    await rm(path.join(run.live, 'watched'));
    execFileSync('mkfifo', [path.join(run.live, 'watched')]);
    await expect(live.announce()).rejects.toThrow(/something else at .*watched, expected a file/);
  });

  it('serves a run by a link that the user has named', async () => {
    const link = path.join(outside, 'latest');
    await symlink(run.folder, link);
    const linked = await watchRun(link, { port: 0, warn: () => undefined });
    try {
      expect((await ask(linked.url, '/report.html')).body).toBe('a report');
    } finally {
      await linked.close();
    }
  });
});
