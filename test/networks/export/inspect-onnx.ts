import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const python = ['python3', '/usr/bin/python3'].find(hasOnnx);
const missing = process.env.FCN_TEST_REQUIRE !== 'all' && python === undefined;

/** Tests with the ONNX project's own checker, skipped where it is not installed. */
export function describeOnnxChecker(tests: () => void): void {
  const hint = missing ? ' (needs python3-onnx: apt-get install python3-onnx)' : '';
  describe.skipIf(missing)(`the ONNX checker${hint}`, tests);
}

/** What inspect_onnx.py prints. Signatures are element type and dimensions. */
export interface Findings {
  metadata: Record<string, string>;
  text: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  inferredOutputs: Record<string, unknown>;
  initializers: Record<string, number[]>;
  weight: number[];
}

/** Has the checker look at a file. @param weight the initializer whose numbers are wanted */
export async function inspectOnnx(file: string, weight: string): Promise<Findings> {
  const script = path.join(import.meta.dirname, 'inspect_onnx.py');
  const { stdout } = await promisify(execFile)(python ?? 'python3', [script, file, weight], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}

function hasOnnx(candidate: string): boolean {
  try {
    execFileSync(candidate, ['-c', 'import onnx'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
