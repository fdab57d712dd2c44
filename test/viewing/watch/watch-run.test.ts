import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { RunFolder } from '../../../src/training/run-folder.ts';
import type { LocalServer } from '../../../src/viewing/local-server.ts';
import { LiveFolder } from '../../../src/viewing/watch/live-folder.ts';
import type { Update } from '../../../src/viewing/watch/live-page.ts';
import { watchRun } from '../../../src/viewing/watch/watch-run.ts';
import { tinyRun } from '../../training/tiny-run.ts';
import { ask } from './ask.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function newRun(): Promise<RunFolder> {
  const { run } = await tinyRun();
  ends.push(() => rm(run.folder, { recursive: true, force: true }));
  await run.log.start(() => true);
  await run.validations.start(() => true);
  return run;
}

function iterate(run: RunFolder, iteration: number): void {
  run.log.append([iteration, 1, 1 / iteration, 1e-3, iteration, `train_${iteration}`]);
}

/** A process that is at the run, as far as the run's files say. */
async function startTrainer(run: RunFolder): Promise<ChildProcess> {
  const trainer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  ends.push(() => trainer.kill('SIGKILL'));
  await writeFile(run.lockFile, `${trainer.pid}`);
  return trainer;
}

async function watch(folder: string, always = false): Promise<LocalServer> {
  const server = await watchRun(folder, { port: 0, always, warn: (message) => expect.fail(message) });
  ends.push(() => server.close());
  return server;
}

/** What a page is told, as it comes. */
async function follow(server: LocalServer) {
  const abort = new AbortController();
  ends.push(() => abort.abort());
  const response = await fetch(`${server.url}events`, { signal: abort.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const updates: Partial<Update>[] = [];
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const messages = (text + chunk).split('\n\n');
      text = messages.pop()!;
      for (const message of messages)
        if (message.startsWith('data: ')) updates.push(JSON.parse(message.slice(6)));
    }
  })().catch((thrown) => {
    if (!abort.signal.aborted) throw thrown;
  });
  const until = async (isIt: (update: Partial<Update>) => unknown): Promise<Partial<Update>> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
      const last = updates.at(-1);
      if (last && isIt(last)) return last;
    }
    throw new Error(`the page was told ${JSON.stringify(updates.at(-1))}`);
  };
  return { until, updates, reading, leave: () => abort.abort() };
}

const iterationsOf = (update: Partial<Update>) => update.report?.runs[0]?.stages.at(-1)?.iterations;

describe('a run that is watched', { timeout: 120_000 }, () => {
  it('is told of as it grows, to every page, and to one that comes later', async () => {
    const run = await newRun();
    await startTrainer(run);
    const server = await watch(run.folder);
    const pages = [await follow(server), await follow(server)];
    for (const page of pages) expect(iterationsOf(await page.until(() => true))).toBe(0);
    for (const iteration of [1, 2, 3]) {
      iterate(run, iteration);
      for (const page of pages) {
        const update = await page.until((update) => iterationsOf(update) === iteration);
        expect(update).toMatchObject({ state: 'running', resume: `fcn train --resume --out ${run.folder}` });
        expect(update.report!.runs[0]!.curves.loss.iteration).toHaveLength(iteration);
      }
    }
    run.validations.append([3, 0.5, 0.4, 0.3, 0.2]);
    const scored = await pages[0]!.until(({ report }) => report?.runs[0]?.curves.validation.iteration.length);
    expect(scored.report!.runs[0]!.curves.validation.meanIoU).toEqual([0.3]);
    const late = await follow(server);
    expect(await late.until(() => true)).toEqual(scored);
  });

  it('is served as its report, which may ask this server and no other', async () => {
    const run = await newRun();
    iterate(run, 1);
    const server = await watch(run.folder);
    const { status, headers, body } = await ask(server.url, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; connect-src 'self'; img-src 'self' data:;");
    const [, json] = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(body)!;
    expect(iterationsOf({ report: JSON.parse(json!) })).toBe(1);
    expect(body).toContain("new EventSource('/events')");
  });

  it('says what its trainer does, did, or that it died', async () => {
    const run = await newRun();
    const trainer = await startTrainer(run);
    const server = await watch(run.folder);
    const page = await follow(server);
    await page.until(({ state }) => state === 'running');
    trainer.kill('SIGKILL');
    await page.until(({ state }) => state === 'died');

    await startTrainer(run);
    await page.until(({ state }) => state === 'running');
    await rm(run.lockFile);
    await page.until(({ state }) => state === 'stopped');

    await writeFile(
      run.summary,
      JSON.stringify({ iterations: 10, seconds: 1, peakMemoryBytes: 1, best: null }),
    );
    await page.until(({ state }) => state === 'finished');
  });

  it('is asked for predictions while a page is open, no sooner and no longer', async () => {
    const run = await newRun();
    await startTrainer(run);
    const server = await watch(run.folder);
    await ask(server.url, '/');
    await sleep(1500);
    expect(existsSync(run.live)).toBe(false);

    const live = new LiveFolder(run.live);
    const until = async (watched: boolean) => {
      while (live.isWatched() !== watched) await sleep(20);
    };
    const page = await follow(server);
    await until(true);
    page.leave();
    await until(false);
    await follow(server);
    await until(true);
    await server.close();
    expect(live.isWatched()).toBe(false);
  });

  it('is asked for them all the time where that is wished, but not when nobody trains', async () => {
    const run = await newRun();
    await watch(run.folder, true);
    await sleep(1500);
    expect(existsSync(run.live)).toBe(false);
    await startTrainer(run);
    while (!new LiveFolder(run.live).isWatched()) await sleep(20);
  });

  it('shows its predictions, and no other file, however it is asked', async () => {
    const run = await newRun();
    const live = new LiveFolder(run.live);
    await live.open();
    const pictures = ['0-image.png', '0-truth.png', '0-5.png'];
    for (const name of pictures) await live.writePicture(name, Buffer.from(name));
    const predictions = [{ iteration: 5, file: '0-5.png', pixelAccuracy: 0.5 }];
    const example = { id: 'a', width: 4, height: 3, image: '0-image.png', truth: '0-truth.png', predictions };
    await live.writeExamples([example]);
    const server = await watch(run.folder);
    expect(await (await follow(server)).until(() => true)).toMatchObject({ stage: 0, examples: [example] });
    for (const name of pictures) {
      expect(await ask(server.url, `/live/0/${name}`)).toMatchObject({
        status: 200,
        headers: { 'content-type': 'image/png' },
        body: name,
      });
    }
    const others = [
      ...[
        '/live/0/0-6.png',
        '/live/1/0-5.png',
        '/live/0/examples.json',
        '/live/0/',
        '/live',
        '/live/0/0-5.png?',
      ],
      ...['/config.json', '/../config.json', '/live/0/../../config.json', '/live/0/..%2f..%2fconfig.json'],
      ...[
        '/live/0/..\\..\\config.json',
        '/live/../config.json',
        '//etc/passwd',
        '/live/0//etc/passwd',
        '/live/%30/0-5.png',
      ],
      ...['/live/0/%2e%2e/%2e%2e/config.json', '/report.html', '/log.csv', '/events/', '/index.html'],
    ];
    for (const other of others) expect(await ask(server.url, other), other).toMatchObject({ status: 404 });
    for (const own of ['/', '/events', '/live/0/0-5.png']) {
      expect((await ask(server.url, own, { host: 'evil.example' })).status, own).toBe(421);
      expect((await ask(server.url, own, { origin: 'http://evil.example' })).status, own).toBe(403);
      expect((await ask(server.url, own, {}, 'POST')).status, own).toBe(405);
    }
  });

  it('that is not there yet is waited for', async () => {
    const run = await newRun();
    const folder = await mkdtemp(path.join(tmpdir(), 'fcn-watch-'));
    ends.push(() => rm(folder, { recursive: true }));
    const server = await watch(folder);
    const page = await follow(server);
    await page.until(({ state, report }) => state === 'waiting' && !report);
    expect((await ask(server.url, '/')).body).toContain("new EventSource('/events')");
    await writeFile(path.join(folder, 'config.json'), await readFile(run.configFile));
    await page.until(({ report }) => report);
  });

  it('that cannot be read says why, until it can', async () => {
    const run = await newRun();
    const server = await watch(run.folder);
    const page = await follow(server);
    await page.until(({ report }) => report);
    const config = await readFile(run.configFile);
    await writeFile(run.configFile, '{}');
    const { problem } = await page.until(({ problem }) => problem);
    expect(problem).toContain(run.configFile);
    expect((await ask(server.url, '/')).status).toBe(500);
    await writeFile(run.configFile, config);
    await page.until(({ report }) => report);
  });

  it('of stages is shown as one, with the predictions of the last that has begun', async () => {
    const first = await newRun();
    const folder = await mkdtemp(path.join(tmpdir(), 'fcn-watch-'));
    ends.push(() => rm(folder, { recursive: true }));
    const stages = ['fcn32s', 'fcn16s'];
    await writeFile(path.join(folder, 'stages.json'), JSON.stringify({ command: 'fcn train', stages }));
    const [coarse, fine] = stages.map((name) => new RunFolder(path.join(folder, name)));
    for (const run of [coarse!, fine!]) {
      await mkdir(run.folder);
      await writeFile(run.configFile, await readFile(first.configFile));
    }
    await coarse!.log.start(() => true);
    iterate(coarse!, 1);
    const server = await watch(folder);
    const page = await follow(server);
    expect(await page.until(() => true)).toMatchObject({ state: 'stopped', stage: 0 });

    await writeFile(path.join(folder, 'stages.lock'), `${(await startTrainer(coarse!)).pid}`);
    await page.until(({ state }) => state === 'running');
    await fine!.log.start(() => true);
    const { report } = await page.until(({ stage }) => stage === 1);
    expect(report!.runs[0]!.stages.map(({ name }) => name)).toEqual(stages);
    while (!new LiveFolder(fine!.live).isWatched()) await sleep(20);
    expect(new LiveFolder(coarse!.live).isWatched()).toBe(false);
  });

  it('is told of to the end when watching ends', async () => {
    const run = await newRun();
    await startTrainer(run);
    const server = await watch(run.folder);
    const page = await follow(server);
    await page.until(({ state }) => state === 'running');
    iterate(run, 1);
    await rm(run.lockFile);
    await server.close();
    await page.reading;
    expect(page.updates.at(-1)).toMatchObject({ state: 'stopped' });
    expect(iterationsOf(page.updates.at(-1)!)).toBe(1);
  });
});
