import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FcnError } from '../../src/base/errors.ts';
import { readers } from './readers.ts';

/** What reading a file took and came to. */
export interface Outcome {
  /** By how much the peak of memory grew, the bytes of the file apart, which the reader is handed. */
  readonly grownBytes: number;
  readonly seconds: number;
  /** Undefined where it was read. */
  readonly message?: string;
  /** Whether an error was ours. */
  readonly isOurs: boolean;
}

/* `node --import tsx test/attack/read-one.ts READER FILE`, or what bundle-reading.ts makes of it: reads a file in a process of its own, and prints the outcome. */
if (process.argv[1] === import.meta.filename) {
  const [name, file] = process.argv.slice(2);
  const reader = readers.find((one) => one.name === name)!;
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-read-'));
  const peak = () => 1024 * process.resourceUsage().maxRSS;
  try {
    const [seed] = await reader.seeds();
    await reader.read(seed!, folder).catch(() => undefined); // what is loaded and compiled once counts for nothing
    const bytes = await readFile(file!);
    const before = peak();
    const began = performance.now();
    const thrown = await reader.read(bytes, folder).then(
      () => undefined,
      (error: unknown) => error,
    );
    const outcome: Outcome = {
      grownBytes: peak() - before,
      seconds: (performance.now() - began) / 1000,
      isOurs: thrown === undefined || thrown instanceof FcnError,
      ...(thrown !== undefined && { message: thrown instanceof Error ? thrown.message : String(thrown) }),
    };
    process.stdout.write(JSON.stringify(outcome));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
