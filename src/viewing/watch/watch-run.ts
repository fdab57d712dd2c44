import { existsSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { inShell } from '../../base/shell.ts';
import type { Stage } from '../../training/staged-folder.ts';
import { type Answer, type LocalServer, serveLocally } from '../local-server.ts';
import { readReportData } from '../report/run-report.ts';
import { EventStream } from './event-stream.ts';
import { LiveFolder } from './live-folder.ts';
import { livePage, type Update } from './live-page.ts';
import { readPlain } from './plain-files.ts';
import { type TrainerState, WatchedRun } from './watched-run.ts';

/** Seconds between two looks at the run folder. */
const lookInterval = 1;
/** The share of one core that reading the run for pages may take: the trainer needs the rest. */
const share = 0.02;

export interface WatchOptions {
  /** Default: the first free one of some. 0: any. */
  readonly port?: number | undefined;
  /** Asks the run for live predictions even while no page is open. */
  readonly always?: boolean;
  /** Told once when the run cannot be asked for live predictions. */
  readonly warn: (message: string) => void;
}

/**
 * Serves the report of a run folder, or a folder of stages, on this machine, and brings it up to date for as long as
 * the run goes on. It reads the files of the run only, so it does not matter who writes them, or whether that process
 * still lives; what it writes is the wish for live predictions.
 * @throws FcnError as serveLocally.
 */
export async function watchRun(folder: string, options: WatchOptions): Promise<LocalServer> {
  const watch = new Watch(new WatchedRun(folder), options);
  const server = await serveLocally((path) => watch.answerTo(path), options.port);
  watch.start();
  return {
    url: server.url,
    async close() {
      await watch.end();
      await server.close();
    },
  };
}

class Watch {
  readonly #run: WatchedRun;
  readonly #options: WatchOptions;
  readonly #events = new EventStream(() => void this.#look());
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #reading: Promise<Update> | undefined;
  /** The live folder that was told that somebody watches. */
  #announced: LiveFolder | undefined;
  #canAnnounce = true;
  /** What the pages were told last. */
  #told = '';
  #due = 0;

  constructor(run: WatchedRun, options: WatchOptions) {
    this.#run = run;
    this.#options = options;
  }

  answerTo(path: string): Answer | undefined {
    if (path === '/') return this.#answerPage;
    if (path === '/events') return this.#events.answer;
    if (path === '/report.html') return this.#answerReport;
    const [, stage, name] = /^\/live\/(\d{1,3})\/([\w-]+\.png)$/.exec(path) ?? [];
    return stage && name ? this.#answerPicture(Number(stage), name) : undefined;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), 1000 * lookInterval);
    void this.#look();
  }

  /** Tells the pages how it ended, and takes back the wish for predictions. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.#due = 0;
    if (this.#events.readers > 0) await this.#lookOnce();
    await this.#events.end();
    await this.#leave();
  }

  readonly #answerPage: Answer = async (_, response) => {
    const { report } = await this.#read();
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(livePage(report));
  };

  readonly #answerReport: Answer = async (_, response) => {
    const report = await readPlain(this.#run.folder, this.#run.report);
    const type = `text/${report ? 'html' : 'plain'}; charset=utf-8`;
    response.writeHead(report ? 200 : 404, { 'Content-Type': type }).end(report);
  };

  #answerPicture(stage: number, name: string): Answer {
    return async (_, response) => {
      const run = (await this.#run.stages())[stage]?.run;
      const file = run && new LiveFolder(run.live).picture(name);
      const png = file && (await readPlain(this.#run.folder, file));
      response.writeHead(png ? 200 : 404, { 'Content-Type': png ? 'image/png' : 'text/plain' }).end(png);
    };
  }

  /** One look at a time. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const begun = performance.now();
    try {
      const stages = await this.#run.stages();
      const state = await this.#run.state(stages);
      await this.#announce(stages, state);
      const news = `${state} ${this.#run.fingerprint(stages)}`;
      if (this.#events.readers === 0 || news === this.#told || begun < this.#due) return;
      this.#events.send(await this.#read());
      // The first look at a run compiles what it uses, which says nothing about those that follow.
      const took = this.#told === '' ? 0 : performance.now() - begun;
      this.#told = news;
      this.#due = performance.now() + took * (1 / share - 1);
    } catch (thrown) {
      const problem = reasonOf(thrown);
      if (this.#told === problem) return;
      this.#events.send({ problem });
      this.#told = problem;
    }
  }

  /** Asks the run that goes on for predictions, if anybody looks. */
  async #announce(stages: readonly Stage[], state: TrainerState): Promise<void> {
    const run = stages.at(-1)?.run;
    const isAsked = state === 'running' && (this.#options.always || this.#events.readers > 0);
    const live = isAsked && run && this.#canAnnounce ? new LiveFolder(run.live) : undefined;
    if (this.#announced?.folder !== live?.folder) await this.#leave();
    if (!live) return;
    try {
      await live.announce();
      this.#announced = live;
    } catch (thrown) {
      this.#canAnnounce = false;
      this.#options.warn(`no live predictions: cannot write to ${live.folder}: ${reasonOf(thrown)}`);
    }
  }

  async #leave(): Promise<void> {
    await this.#announced?.leave();
    this.#announced = undefined;
  }

  /** What there is to show, read once for all who ask meanwhile. */
  #read(): Promise<Update> {
    this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readOnce(): Promise<Update> {
    const stages = await this.#run.stages();
    const state = await this.#run.state(stages);
    const resume = `fcn train --resume --out ${inShell(this.#run.folder)}`;
    if (stages.length === 0) return { state, resume, stage: 0, examples: [], hasReport: false };
    const stage = stages.length - 1;
    return {
      state,
      resume,
      lastSign: this.#run.lastSign(stages),
      stage,
      examples: await new LiveFolder(stages[stage]!.run.live).examples(),
      hasReport: state !== 'running' && existsSync(this.#run.report),
      report: await readReportData([{ name: stages[stage]!.name, stages }]),
    };
  }
}
