import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

/** How a run of the program ended. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const fcnProgram = fileURLToPath(new URL('../../bin/fcn.js', import.meta.url));

/** Runs `fcn ARGS...` as a user does, on what `npm run build` has compiled. */
export async function fcn(...args: string[]): Promise<Outcome> {
  return startFcn(...args).ended;
}

/** Starts the program; for those that want to interrupt it. */
export function startFcn(...args: string[]): Started {
  return startProgram(process.execPath, [fcnProgram, ...args]);
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

/** Starts any program; it is killed when the tests of the file have ended. */
export function startProgram(program: string, args: readonly string[], env = process.env): Started {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended };
}

/** The same for a shell's command line. */
export function fcnCommand(...args: string[]): string {
  return [process.execPath, fcnProgram, ...args].map((arg) => `'${arg}'`).join(' ');
}

/** Lines of progress, warnings, and what was assumed, that may stand above an error. */
const progress = /^(warning|fcn32s|evaluating|predicting|scoring|writing)\b.*: |^weights .*, so fcn assumes /;

/** One line on standard error, no stack trace, and the exit code; the line must match every pattern. */
export function expectError(outcome: Outcome, code: 1 | 2, ...patterns: (RegExp | string)[]): void {
  const lines = outcome.stderr.split('\n').filter((line) => line !== '' && !progress.test(line));
  expect(lines, 'lines on standard error').toHaveLength(1);
  expect(lines[0]).toMatch(/^fcn: \S/);
  for (const pattern of patterns) expect(lines[0]).toMatch(pattern);
  expect(outcome.stdout, 'standard output').toBe('');
  expect(outcome.code, 'exit code').toBe(code);
}

export function expectSuccess(outcome: Outcome): void {
  expect(outcome.stderr).not.toContain('fcn: ');
  expect(outcome.code, outcome.stderr).toBe(0);
}

const children: ChildProcess[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL'); // those of tests that failed
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A folder that is removed when the tests of the file have ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-cli-'));
  folders.push(folder);
  return folder;
}

/** A data set and a network that take a second to train: ONNX Runtime prepares AlexNet in a third of the time of VGG-16. */
export const tinyData = 'shapes:?train=6&val=2&size=32';
export const tinyNetwork = [
  ...['--model', 'fcn32s-alexnet', '--width', '0.0625'],
  ...['--native-size', '--threads', '1'],
];

/** The arguments of a run that takes a second. */
export function tinyTraining(out: string, ...more: string[]): string[] {
  return ['train', '--data', tinyData, '--out', out, ...tinyNetwork, '--learning-rate', '1e-3', ...more];
}
