import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { failure } from '../errors.ts';
import type { StepReport, Workload } from './worker.ts';

/** A process that does one step at a time when told to. */
export class Contender {
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
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    if (this.#process.exitCode === null) await exit;
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done)
      throw failure(`bench: ${this.name} ended early: ${this.#errors.trim().slice(-500) || 'no message'}`);
    return JSON.parse(value);
  }
}

export function startOurs(workload: Workload): Contender {
  const worker = fileURLToPath(new URL('./worker.js', import.meta.url));
  return new Contender('fcn', process.execPath, [worker, JSON.stringify(workload)]);
}

/** PyTorch in its default memory format, or in the one that its convolutions like better on some machines. */
export function startPyTorch(
  python: string,
  workload: Workload,
  format: 'default' | 'channels last',
): Contender {
  const { mode, model, width, classes, height, imageWidth, threads } = workload;
  const script = fileURLToPath(new URL('../../peer/step.py', import.meta.url));
  const options = { model, width, classes, size: `${height}x${imageWidth}`, threads, mode };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (format === 'channels last') args.push('--channels-last');
  return new Contender(format === 'default' ? 'PyTorch' : `PyTorch, ${format}`, python, [script, ...args]);
}

/** A Python that has PyTorch: FCN_PYTHON if set, else the first of the usual ones. Undefined when none has it. */
export function findPyTorch(): string | undefined {
  const candidates = process.env.FCN_PYTHON ? [process.env.FCN_PYTHON] : ['python3', '/usr/bin/python3'];
  return candidates.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}
