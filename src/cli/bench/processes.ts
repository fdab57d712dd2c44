import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { failure } from '../../base/errors.ts';

/** What one step took. */
export interface StepReport {
  readonly ms: number;
  /** The most memory that the process has held so far (resident set); unknown for a program that has ended. */
  readonly peakRssMb?: number;
}

/** Something that does the same work again and again and is timed. */
export interface Contender {
  readonly name: string;
  ready(): Promise<void>;
  step(): Promise<StepReport>;
  end(): Promise<void>;
}

/** A process that does one step for each line `go` and times it itself: worker.ts, or peer/step.py. */
export class WorkerProcess implements Contender {
  readonly name: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(command, args, { stdio: 'pipe' });
    this.#process.stderr.on('data', (text) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    await this.#answer();
  }

  async step(): Promise<StepReport> {
    this.#process.stdin.write('go\n');
    return (await this.#answer()) as StepReport;
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    if (exitCode === null && signalCode === null) await exit;
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw endedEarly(this.name, this.#errors);
    return JSON.parse(value);
  }
}

/** A whole program: a step is one run of it, from its start to its end. */
export class Program implements Contender {
  readonly name: string;
  readonly #command: string;
  readonly #args: readonly string[];

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#command = command;
    this.#args = args;
  }

  async ready(): Promise<void> {}
  async end(): Promise<void> {}

  async step(): Promise<StepReport> {
    const started = performance.now();
    const child = spawn(this.#command, this.#args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw endedEarly(this.name, errors);
    return { ms: performance.now() - started };
  }
}

function endedEarly(name: string, errors: string) {
  return failure(`bench: ${name} ended early: ${errors.trim().slice(-500) || 'no message'}`);
}
