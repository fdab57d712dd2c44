import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Contender, Program, WorkerProcess } from './processes.ts';
import type { Workload } from './workload.ts';

/** Ours, one step at a time. */
export function startOurs(workload: Workload): Contender {
  return new WorkerProcess('fcn', process.execPath, [beside('worker.js'), JSON.stringify(workload)]);
}

/** Ours, a whole command. */
export function ourCommand(...args: string[]): Contender {
  return new Program('fcn', process.execPath, [fcnProgram, ...args]);
}

/** What `fcn` on the command line runs. */
export const fcnProgram = beside('../../../bin/fcn.js');

/** PyTorch in each of its memory formats: some machines like its default better, some channels last. */
export function startPyTorch(python: string, workload: Workload): Contender[] {
  const { mode, model, width, classes, height, imageWidth, batch, threads } = workload;
  const options = { mode, model, width, classes, size: `${height}x${imageWidth}`, batch, threads };
  return inBothFormats((name, format) => {
    return new WorkerProcess(name, python, [peerScript('step.py'), ...asArguments(options), ...format]);
  });
}

/** A whole script of peer/, in each of PyTorch's memory formats. */
export function pyTorchScript(
  python: string,
  script: 'predict.py' | 'evaluate.py',
  options: Readonly<Record<string, string | number>>,
  ...args: string[]
): Contender[] {
  return inBothFormats((name, format) => {
    return new Program(name, python, [peerScript(script), ...asArguments(options), ...format, ...args]);
  });
}

function inBothFormats(start: (name: string, format: string[]) => Contender): Contender[] {
  return [start('PyTorch', []), start('PyTorch, channels last', ['--channels-last'])];
}

function asArguments(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function peerScript(name: string): string {
  return beside(`../../../peer/${name}`);
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** A Python that has PyTorch: FCN_PYTHON if set, else the first of the usual ones. Undefined when none has it. */
export function findPyTorch(): string | undefined {
  const candidates = process.env.FCN_PYTHON ? [process.env.FCN_PYTHON] : ['python3', '/usr/bin/python3'];
  return candidates.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}
