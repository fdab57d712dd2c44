import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { readInput, writeJson } from '../base/files.ts';
import { whileLocked } from '../base/locks/process-lock.ts';
import { type Traced, withoutTraces } from '../base/own-traces.ts';
import { parseJson } from '../base/parse-json.ts';
import { someOf } from '../base/schemas.ts';
import { removeAbandoned } from '../base/temporary-files.ts';
import { begunMeanwhile, checkFree, isLock, never } from './check-free.ts';
import { ClassBalance } from './class-balance.ts';
import { configureRun, type PreparedRun, prepareRun, type RunContext, type RunSettings } from './prepare.ts';
import type { RunConfig } from './run-config.ts';
import { RunFolder } from './run-folder.ts';

/** One of several runs, each of which starts from the best weights of the one before. */
export interface Stage {
  readonly name: string;
  readonly run: RunFolder;
}

/** What a staged training begins with. */
export interface PreparedStages {
  readonly first: PreparedRun;
  /** By the names of the stages, in order. */
  readonly configs: ReadonlyMap<string, RunConfig>;
  /** What the user should know, by the names of the stages, a line each. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

const stagesSchema = z.object({ command: z.string(), stages: someOf(z.string().regex(/^[\w-]+$/)) });

/**
 * The folder of a staged training (Long et al. 2015, section 4.2: FCN-16s starts from FCN-32s, FCN-8s from FCN-16s): a
 * run folder for each stage, and stages.json, which says their order.
 */
export class StagedFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Says which process is at the stages; there is none when no process is. */
  get lockFile(): string {
    return path.join(this.folder, 'stages.lock');
  }
  get file(): string {
    return path.join(this.folder, 'stages.json');
  }
  /** The report of all stages together. */
  get report(): string {
    return path.join(this.folder, 'report.html');
  }

  exists(): boolean {
    return existsSync(this.file);
  }

  stage(name: string): Stage {
    return { name, run: new RunFolder(path.join(this.folder, name)) };
  }

  /** In the order of training. @throws FcnError when stages.json is missing or not ours. */
  async stages(): Promise<Stage[]> {
    const text = await readInput(this.file, 'list of stages');
    const advice =
      'restore it from a copy, as {"command": "fcn train", "stages": [...]} with the folders of the stages in order';
    const { stages } = parseJson(stagesSchema, text.toString(), `list of stages ${this.file}`, advice);
    return stages.map((name) => this.stage(name));
  }

  /**
   * Opens the data, makes the first weights of the first stage, and decides the settings of every stage. All but the
   * first start from the best weights of the one before, and have its preprocessing.
   * @param settings of each stage by its name, in order; `init` is that of the first
   * @param balance reads the labels where classes are to be balanced
   * @param onAssumed see RunContext
   * @throws FcnError as prepareRun.
   */
  async prepare(
    settings: ReadonlyMap<string, RunSettings>,
    balance: ClassBalance = new ClassBalance(),
    onAssumed?: RunContext['onAssumed'],
  ): Promise<PreparedStages> {
    const context = { balance, onAssumed, models: [...settings.values()].map(({ model }) => model) };
    let before: { name: string; config: RunConfig } | undefined;
    let first: PreparedRun | undefined;
    const configs = new Map<string, RunConfig>();
    const warnings = new Map<string, readonly string[]>();
    for (const [name, own] of settings) {
      if (!before) {
        first = await prepareRun(own, context);
        before = { name, config: first.config };
        warnings.set(name, first.warnings ?? []);
      } else {
        const { best } = this.stage(before.name).run;
        const { config, warnings: ofStage } = await configureRun({ ...own, init: best }, context);
        const { input } = before.config.model;
        before = { name, config: { ...config, model: { ...config.model, input } } };
        warnings.set(name, ofStage);
      }
      configs.set(name, before.config);
    }
    return { first: first!, configs, warnings };
  }

  /** Writes the settings of every stage, so that each can be continued. */
  async create({ first, configs }: PreparedStages): Promise<void> {
    for (const [name, config] of configs) await this.stage(name).run.create(config);
    await writeJson(this.file, { command: first.config.command, stages: [...configs.keys()] });
  }

  /** @throws FcnError where stages would overwrite anything, as RunFolder.checkFree */
  async checkFree(names: readonly string[]): Promise<void> {
    const areStages = () =>
      this.stages()
        .then(() => true)
        .catch(() => false); // not ours
    await checkFree(
      this.folder,
      new Map([
        [this.file, areStages],
        [this.report, never],
        [this.lockFile, isLock],
      ]),
    );
    for (const name of names) await this.stage(name).run.checkFree();
  }

  /**
   * Begins the stages. Where that fails before the first iteration, the folder is as it was.
   * @throws FcnError as checkFree, and as whileLocked
   */
  async begin<T>(prepared: PreparedStages, work: () => Promise<T>): Promise<T> {
    const names = [...prepared.configs.keys()];
    const runs = names.map((name) => this.stage(name).run);
    const traced: Traced = {
      folder: this.folder,
      files: [this.file, ...runs.flatMap(({ traces }) => traces.files)],
      folders: runs.flatMap(({ folder, traces }) => [folder, ...traces.folders]),
      locked: (whileLocked) => this.whileLocked(whileLocked),
      hasBegun: () => runs.some((run) => run.hasProgress()),
    };
    return withoutTraces(traced, async () => {
      if (runs.some((run) => run.hasProgress())) throw begunMeanwhile(this.folder);
      await this.checkFree(names); // something else may have taken a name meanwhile
      await this.create(prepared);
      return work();
    });
  }

  /** Does the work while no other process works on these stages. @throws FcnError when one does. */
  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    return whileLocked(this.lockFile, `stages in ${this.folder}`, async () => {
      await removeAbandoned(this.folder, (name) =>
        [this.file, this.report].includes(path.join(this.folder, name)),
      );
      return work();
    });
  }

  /** Whether there is something to lose in any stage. */
  async hasBegun(): Promise<boolean> {
    if (!this.exists()) return false;
    for (const { run } of await this.stages()) if (await run.hasBegun()) return true;
    return false;
  }
}
