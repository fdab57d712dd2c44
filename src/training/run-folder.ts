import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { inputError } from '../base/errors.ts';
import { makeFolder, readInput, writeJson } from '../base/files.ts';
import { whileLocked } from '../base/locks/process-lock.ts';
import { isMissing, lookAt } from '../base/look.ts';
import { type Traced, withoutTraces } from '../base/own-traces.ts';
import { parseJson } from '../base/parse-json.ts';
import { inShell } from '../base/shell.ts';
import { isTemporary, removeAbandoned } from '../base/temporary-files.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { metricsSchema } from '../inference/metrics/metrics-schema.ts';
import { furtherHeads } from '../networks/class-heads.ts';
import { begunMeanwhile, checkFree, holdsOnly, isLock, type Names, never } from './check-free.ts';
import { CsvLog } from './csv-log.ts';
import { type RunConfig, runConfigSchema } from './run-config.ts';

/** Columns of val.csv behind the iteration: the four metrics of both papers; then the same of further heads, as in `geometric.meanIoU`. */
export const metricColumns = ['pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU'] as const;

/** What a validation is in val.csv. @param heads names of further heads */
export function metricsInColumns(metrics: Metrics, heads: readonly string[]): number[] {
  const all = [metrics, ...heads.map((name) => metrics.heads![name]!)];
  return all.flatMap((own) => metricColumns.map((name) => own[name]));
}

const summarySchema = z.object({
  /** Those that were made: fewer than planned where the run was out of patience. */
  iterations: z.int().nonnegative(),
  outOfPatience: z.literal(true).optional(),
  /** Training and validation, over all the processes that a run was continued in. */
  seconds: z.number().nonnegative(),
  /** The most that a process of the run held in memory (resident set), what it did before included. */
  peakMemoryBytes: z.number().nonnegative(),
  /** Null when nothing was validated. */
  best: z.object({ iteration: z.int(), meanIoU: z.number() }).nullable(),
});
export type RunSummary = z.infer<typeof summarySchema>;

/** The names of files in checkpoints/. */
export const checkpointName = /^iteration-(\d+)\.safetensors$/;

/** The files of one training run. */
export class RunFolder {
  readonly folder: string;
  /** A row an iteration. */
  readonly log: CsvLog;
  /** A row a validation. */
  readonly validations: CsvLog;

  constructor(folder: string) {
    this.folder = folder;
    const columns = ['iteration', 'epoch', 'loss', 'learning_rate', 'elapsed_s', 'ids'];
    this.log = new CsvLog(this.file('log.csv'), columns);
    this.validations = new CsvLog(this.file('val.csv'), () => {
      const ofHeads = this.#furtherHeads().flatMap((head) => metricColumns.map((name) => `${head}.${name}`));
      return ['iteration', ...metricColumns, ...ofHeads];
    });
  }

  /** Of the network of the run, by config.json; none where that cannot be read, which is said when it is needed. */
  #furtherHeads(): string[] {
    try {
      const { model } = runConfigSchema.parse(JSON.parse(readFileSync(this.configFile, 'utf8')));
      return furtherHeads(model);
    } catch {
      return [];
    }
  }

  file(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  get configFile(): string {
    return this.file('config.json');
  }
  get checkpoints(): string {
    return this.file('checkpoints');
  }
  get best(): string {
    return this.file('best.safetensors');
  }
  get last(): string {
    return this.file('last.safetensors');
  }
  /** Metrics of best.safetensors on the validation split, as `fcn evaluate` writes them. */
  get bestMetrics(): string {
    return this.file('best.json');
  }
  /** What the run took and came to; there when it has ended. */
  get summary(): string {
    return this.file('summary.json');
  }
  get report(): string {
    return this.file('report.html');
  }
  /** Predictions for people who watch the run; there when somebody did. */
  get live(): string {
    return this.file('live');
  }
  /** In `live`: its time says when somebody last watched. */
  get watched(): string {
    return this.file('live', 'watched');
  }
  /** Says which process is at the run; there is none when no process is. */
  get lockFile(): string {
    return this.file('run.lock');
  }

  /** Those that lie in the folder itself and hold what a run is, and what it came to. */
  get files(): string[] {
    const logs = [this.log.file, this.validations.file];
    return [this.configFile, ...logs, this.best, this.bestMetrics, this.last, this.summary, this.report];
  }

  hasRun(): boolean {
    return existsSync(this.configFile);
  }

  /** Whether there is something to lose: an iteration that was made, a checkpoint. */
  async hasBegun(): Promise<boolean> {
    return this.hasProgress();
  }

  /** The same, for a process that exits. */
  hasProgress(): boolean {
    const isFolder = lookAt(this.checkpoints)?.isDirectory();
    const hasCheckpoint = isFolder && readdirSync(this.checkpoints).some((name) => checkpointName.test(name));
    return hasCheckpoint === true || this.log.hasRows();
  }

  /** Whether anything is there that a run has come to, whether or not config.json still is. */
  async hasResults(): Promise<boolean> {
    return existsSync(this.best) || existsSync(this.last) || (await this.hasBegun());
  }

  /** @throws FcnError where the run would overwrite anything but what one has left that was killed before it began. */
  async checkFree(): Promise<void> {
    const isConfig = () =>
      this.readConfig()
        .then(() => true)
        .catch(() => false); // not a run's
    const names: Names = new Map([
      ...this.files.map((file) => [file, never] as const),
      [this.configFile, isConfig],
      [this.log.file, () => this.log.holdsNothing()],
      [this.validations.file, () => this.validations.holdsNothing()],
      [this.lockFile, isLock],
      [this.checkpoints, holdsOnly(isTemporary)],
      [this.live, holdsOnly((name) => name === path.basename(this.watched))],
    ]);
    await checkFree(this.folder, names);
  }

  /** Removes what processes that were killed were writing. */
  async removeAbandoned(): Promise<void> {
    const own = this.files.map((file) => path.basename(file));
    await removeAbandoned(this.folder, (name) => own.includes(name));
    await removeAbandoned(this.checkpoints, (name) => checkpointName.test(name));
  }

  /** What a run makes in its folder before its first iteration. */
  get traces(): Pick<Traced, 'folder' | 'files' | 'folders'> {
    return {
      folder: this.folder,
      files: [this.configFile, this.log.file, this.validations.file, this.watched],
      folders: [this.checkpoints, this.live],
    };
  }

  /**
   * Begins a run here. Where it fails before its first iteration, the folder is as it was.
   * @throws FcnError as checkFree, and as whileLocked
   */
  async begin<T>(config: RunConfig, work: () => Promise<T>): Promise<T> {
    const locked: Traced['locked'] = (whileLocked) => this.whileLocked(whileLocked);
    return withoutTraces({ ...this.traces, locked, hasBegun: () => this.hasProgress() }, async () => {
      if (this.hasProgress()) throw begunMeanwhile(this.folder);
      await this.checkFree(); // something else may have taken a name meanwhile
      await this.create(config);
      return work();
    });
  }

  async create(config: RunConfig): Promise<void> {
    await makeFolder(this.folder);
    await this.writeConfig(config);
  }

  /** Makes the folder, and does in it what only one process may do at a time. @throws FcnError when another does it. */
  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    return whileLocked(this.lockFile, `run in ${this.folder}`, work);
  }

  async writeConfig(config: RunConfig): Promise<void> {
    await writeJson(this.configFile, config);
  }

  /** @throws FcnError when config.json is missing or not ours. */
  async readConfig(): Promise<RunConfig> {
    const weights = existsSync(this.last) ? ` with --init ${inShell(this.last)}` : '';
    const advice = `restore it from a copy, or start a new run in another folder${weights}`;
    if (isMissing(this.configFile)) {
      throw inputError(
        `run configuration ${this.configFile}: got no such file, expected the settings of the run; ${advice}`,
      );
    }
    const text = await readInput(this.configFile, 'run configuration');
    return parseJson(runConfigSchema, text.toString(), `run configuration ${this.configFile}`, advice);
  }

  /** @returns undefined where the run has not ended. @throws FcnError when summary.json is not ours. */
  async readSummary(): Promise<RunSummary | undefined> {
    if (!existsSync(this.summary)) return undefined;
    const text = await readInput(this.summary, 'summary of the run');
    const advice = `remove it: fcn train --resume --out ${inShell(this.folder)} writes it again`;
    return parseJson(summarySchema, text.toString(), `summary of the run ${this.summary}`, advice);
  }

  /** @returns undefined where nothing was validated. @throws FcnError when best.json is not ours. */
  async readBestMetrics(): Promise<Metrics | undefined> {
    if (!existsSync(this.bestMetrics)) return undefined;
    const text = await readInput(this.bestMetrics, 'metrics');
    const advice = `remove it, and fcn evaluate --weights ${inShell(this.best)} --data ... --json ${inShell(this.bestMetrics)} writes it again`;
    return parseJson(metricsSchema, text.toString(), `metrics ${this.bestMetrics}`, advice);
  }
}
