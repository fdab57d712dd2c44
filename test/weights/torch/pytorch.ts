import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { canImport, findPyTorch } from '../../../src/cli/bench/contender.ts';

const python = findPyTorch();

/** Whether tests that need PyTorch are to be skipped, and what to say then. */
export const withoutPyTorch =
  !(python && canImport(python, 'torchvision')) && process.env.FCN_TEST_REQUIRE !== 'all';
export const pyTorchNote = withoutPyTorch
  ? ' (needs PyTorch and torchvision: apt-get install python3-torch python3-torchvision)'
  : '';

/** Runs a Python program in the folder of the PyTorch peer. @returns what it printed */
export async function runPython(program: string, ...args: string[]): Promise<string> {
  const cwd = path.join(import.meta.dirname, '..', '..', '..', 'peer');
  const { stdout } = await promisify(execFile)(python ?? 'python3', ['-c', program, ...args], { cwd });
  return stdout;
}
