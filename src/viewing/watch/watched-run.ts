import { existsSync, statSync } from 'node:fs';
import { lockOwner } from '../../base/locks/process-lock.ts';
import { RunFolder } from '../../training/run-folder.ts';
import { type Stage, StagedFolder } from '../../training/staged-folder.ts';
import { LiveFolder } from './live-folder.ts';
import { checkPlain } from './plain-files.ts';

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

  /**
   * Those that have begun, in order; the last one is what there is to watch.
   * @throws FcnError when files are not ours, or are no files of this folder (plain-files.ts).
   */
  async stages(): Promise<Stage[]> {
    const run = new RunFolder(this.folder);
    checkPlain(this.folder, [this.#staged.file, this.#staged.lockFile, this.report]);
    if (!this.#staged.exists()) {
      this.#checkFiles(run);
      return run.hasRun() ? [{ name: (await run.readConfig()).model.model, run }] : [];
    }
    const all = await this.#staged.stages();
    for (const { run } of all) this.#checkFiles(run);
    const stages = all.filter(({ run }) => run.hasRun());
    return stages.filter(({ run }, i) => i === 0 || existsSync(run.log.file));
  }

  #checkFiles(run: RunFolder): void {
    checkPlain(this.folder, [run.lockFile, ...readFiles(run)]);
  }

  async state(stages: readonly Stage[]): Promise<TrainerState> {
    const { run } = stages.at(-1) ?? { run: new RunFolder(this.folder) };
    const staged = this.#staged.exists();
    const lockFile = staged ? this.#staged.lockFile : run.lockFile;
    checkPlain(this.folder, [lockFile]); // once more: it comes and goes
    const owner = lockOwner(lockFile);
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
    const files = [...stages.flatMap(({ run }) => readFiles(run)), this.report];
    return files.map((file) => `${timeOf(file)}:${statSync(file, { throwIfNoEntry: false })?.size}`).join();
  }
}

/** The files of a run that a page is made of. */
function readFiles(run: RunFolder): string[] {
  const live = new LiveFolder(run.live).list;
  return [run.configFile, run.log.file, run.validations.file, run.bestMetrics, run.summary, live];
}

function timeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
