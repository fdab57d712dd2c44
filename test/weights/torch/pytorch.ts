import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFile } from './files.ts';

const candidates = process.env.FCN_PYTHON ? [process.env.FCN_PYTHON] : ['python3', '/usr/bin/python3'];
const python = candidates.find(hasPyTorch);

/** Whether tests that need PyTorch are to be skipped, and what to say then. */
export const withoutPyTorch = python === undefined && process.env.FCN_TEST_REQUIRE !== 'all';
export const pyTorchNote = withoutPyTorch
  ? ' (needs PyTorch and torchvision: apt-get install python3-torch python3-torchvision)'
  : '';

/** Runs a Python program in the folder of the PyTorch peer. @returns what it printed */
export async function runPython(program: string, ...args: string[]): Promise<string> {
  const cwd = path.join(import.meta.dirname, '..', '..', '..', 'peer');
  const { stdout } = await promisify(execFile)(python ?? 'python3', ['-c', program, ...args], { cwd });
  return stdout;
}

/**
 * Has PyTorch save the values of Python expressions, each in a file of its own. One process saves them all, as PyTorch takes
 * seconds to start. @param definitions what the expressions use @returns the file of each expression
 */
export async function saveAll(
  definitions: string,
  expressions: readonly string[],
): Promise<Map<string, string>> {
  const files = new Map(expressions.map((expression, i) => [expression, temporaryFile(`saved-${i}.pth`)]));
  const program = `
import json, sys, torch
${definitions}
for expression, file in json.loads(sys.argv[1]):
    torch.save(eval(expression), file)`;
  await runPython(program, JSON.stringify([...files]));
  return files;
}

/** Looks for the packages without importing them, which takes seconds. */
function hasPyTorch(candidate: string): boolean {
  const program =
    'import importlib.util as i, sys; sys.exit(not all(map(i.find_spec, ["torch", "torchvision"])))';
  return spawnSync(candidate, ['-c', program]).status === 0;
}
