import { existsSync, statSync } from 'node:fs';
import { lockOwner } from '../../base/locks/process-lock.ts';
import { RunFolder } from '../../training/run-folder.ts';
import { type Stage, StagedFolder } from '../../training/staged-folder.ts';
import { LiveFolder } from './live-folder.ts';

/** What the process that trains does, or did: `died` is a run that was killed, and can be resumed. */
export type TrainerState = 'waiting' | 'running' | 'finished' | 'stopped' | 'died';

/** A run folder, or a folder of stages, as somebody sees it who only looks: whatever is not there yet is not. */
export class WatchedRun {
  readonly folder: string;
  readonly #staged: StagedFolder;

  constructor(folder: string) {
    this.folder = folder;
    this.#staged = new StagedFolder(folder);
  }

  /** What the trainer writes at its end. */
  get report(): string {
    return new RunFolder(this.folder).report; // that of stages has the same place
  }

  /** Whether there is anything to see, or something is about to be. */
  exists(): boolean {
    const run = new RunFolder(this.folder);
    return [this.#staged.file, this.#staged.lockFile, run.configFile, run.lockFile].some((file) =>
      existsSync(file),
    );
  }

  /** Those that have begun, in order; the last one is what there is to watch. @throws FcnError when files are not ours. */
  async stages(): Promise<Stage[]> {
    const run = new RunFolder(this.folder);
    if (!this.#staged.exists()) {
      return run.hasRun() ? [{ name: (await run.readConfig()).model.model, run }] : [];
    }
    const stages = (await this.#staged.stages()).filter(({ run }) => run.hasRun());
    return stages.filter(({ run }, i) => i === 0 || existsSync(run.log.file));
  }

  async state(stages: readonly Stage[]): Promise<TrainerState> {
    const { run } = stages.at(-1) ?? { run: new RunFolder(this.folder) };
    const staged = this.#staged.exists();
    const owner = lockOwner(staged ? this.#staged.lockFile : run.lockFile);
    if (owner === 'dead') return 'died';
    if (owner === 'working') return stages.length > 0 ? 'running' : 'waiting';
    if (stages.length === 0) return 'waiting';
    const all = staged ? (await this.#staged.stages()).length : 1;
    return stages.length === all && existsSync(run.summary) ? 'finished' : 'stopped';
  }

  /** When the last stage last made an iteration or a validation, as Date.now() counts; undefined before the first. */
  lastSign(stages: readonly Stage[]): number | undefined {
    const { run } = stages.at(-1) ?? {};
    const times = [run?.log.file, run?.validations.file].map((file) => file && timeOf(file));
    const known = times.filter((time) => typeof time === 'number');
    return known.length > 0 ? Math.max(...known) : undefined;
  }

  /** Is another whenever something has changed that a page shows. */
  fingerprint(stages: readonly Stage[]): string {
    const ofStages = stages.flatMap(({ run }) => [
      ...[run.configFile, run.log.file, run.validations.file, run.bestMetrics, run.summary],
      new LiveFolder(run.live).list,
    ]);
    const files = [...ofStages, this.report];
    return files.map((file) => `${timeOf(file)}:${statSync(file, { throwIfNoEntry: false })?.size}`).join();
  }
}

function timeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
