import { existsSync, readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { makeFolder, readInput, writeJson } from '../base/files.ts';
import { checkLocks } from '../base/locks/held-locks.ts';
import { whileLocked } from '../base/locks/process-lock.ts';
import { parseJson } from '../base/parse-json.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { CsvLog } from './csv-log.ts';
import { type RunConfig, runConfigSchema } from './run-config.ts';

/** Columns of val.csv behind the iteration: the four metrics of both papers. */
export const metricColumns = ['pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU'] as const;

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
    this.validations = new CsvLog(this.file('val.csv'), ['iteration', ...metricColumns]);
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
  /** Says which process is at the run; there is none when no process is. */
  get lockFile(): string {
    return this.file('run.lock');
  }

  hasRun(): boolean {
    return existsSync(this.configFile);
  }

  /** Whether there is something to lose: an iteration that was made, a checkpoint. */
  async hasBegun(): Promise<boolean> {
    const hasCheckpoint = existsSync(this.checkpoints) && readdirSync(this.checkpoints).length > 0;
    return hasCheckpoint || (await this.log.rows()).length > 0;
  }

  async create(config: RunConfig): Promise<void> {
    await makeFolder(this.folder);
    await this.writeConfig(config);
  }

  /** Makes the folder, and does in it what only one process may do at a time. @throws FcnError when another does it. */
  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    await makeFolder(this.folder);
    return whileLocked(this.lockFile, `run in ${this.folder}`, work);
  }

  /** Removes what a run writes before its first iteration, and the folder when nothing else is in it. */
  async discard(): Promise<void> {
    checkLocks();
    for (const name of ['config.json', 'log.csv', 'val.csv', 'checkpoints', 'live', 'run.lock']) {
      await rm(this.file(name), { recursive: true, force: true });
    }
    await rmdir(this.folder).catch(() => undefined); // other files are not ours to remove
  }

  async writeConfig(config: RunConfig): Promise<void> {
    await writeJson(this.configFile, config);
  }

  /** @throws FcnError when config.json is missing or not ours. */
  async readConfig(): Promise<RunConfig> {
    const text = await readInput(this.configFile, 'run configuration');
    return parseJson(runConfigSchema, text.toString(), `run configuration ${this.configFile}`);
  }

  /** @returns undefined where the run has not ended. @throws FcnError when summary.json is not ours. */
  async readSummary(): Promise<RunSummary | undefined> {
    if (!existsSync(this.summary)) return undefined;
    const text = await readInput(this.summary, 'summary of the run');
    return parseJson(summarySchema, text.toString(), `summary of the run ${this.summary}`);
  }

  async readBestMetrics(): Promise<Metrics | undefined> {
    if (!existsSync(this.bestMetrics)) return undefined;
    return JSON.parse((await readInput(this.bestMetrics, 'metrics')).toString());
  }
}
