import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Amplifier, amplifiers } from './amplification.ts';
import { bundleReading } from './bundle-reading.ts';
import { jsonAmplifiers } from './json-amplification.ts';
import type { Outcome } from './read-one.ts';

/*
 * Small files that ask for much, each read in a process of its own. By hand, with files that unpack to 2 GB and texts of 20 MB:
 *
 *   node --import tsx test/attack/amplify.ts 2000 20
 *
 * With a third argument, only those in whose names it occurs.
 */

export const everyAmplifier: readonly Amplifier[] = [...amplifiers, ...jsonAmplifiers];

/** What a reader may take: so many times the file and what is rightly made of it, and something besides. */
export const mostTimes = 12;
export const besides = 100e6;

/** Megabytes of V8's heap in which the program and its readers are loaded. */
const usualHeap = 60;

export interface Measured extends Outcome {
  readonly fileBytes: number;
  readonly allowedBytes: number;
}

/**
 * @param megabytes see Amplifier
 * @param program of `bundleReading`
 */
export async function measureAmplifier(
  amplifier: Amplifier,
  megabytes: number,
  program: string,
): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-amplify-'));
  try {
    const bytes = await amplifier.make(megabytes);
    const file = path.join(folder, 'file');
    await writeFile(file, bytes);
    const allowedBytes = mostTimes * bytes.length + 4 * (amplifier.result ?? 0) + besides;
    // Where there is memory, V8 collects garbage late. What counts is what is needed: of what the reader may take, and what it has before.
    const heap = `--max-old-space-size=${Math.ceil((allowedBytes - besides) / 2 ** 20) + usualHeap}`;
    const args = [heap, program, amplifier.reader, file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
    return { ...(JSON.parse(stdout) as Outcome), fileBytes: bytes.length, allowedBytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Texts cost as much as they are, so they are smaller than what unpacks. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.length > 2 ** 20;
}

if (process.argv[1] === import.meta.filename) {
  const [unpacked = 2000, texts = 20] = process.argv.slice(2, 4).map(Number);
  const [, , , , part = ''] = process.argv;
  const { program, remove } = await bundleReading();
  for (const amplifier of everyAmplifier) {
    if (!`${amplifier.reader}: ${amplifier.what}`.includes(part)) continue;
    const small = await amplifier.make(2);
    const megabytes = isText(small) ? texts : unpacked;
    const measured = await measureAmplifier(amplifier, megabytes, program).catch((thrown: Error) => thrown);
    if (measured instanceof Error) {
      process.stdout.write(
        `FAIL ${amplifier.reader}: ${amplifier.what}: ${measured.message.slice(0, 400)}\n`,
      );
      continue;
    }
    const { grownBytes, fileBytes, allowedBytes, seconds, isOurs, message } = measured;
    const verdict = grownBytes <= allowedBytes && isOurs ? 'ok  ' : 'FAIL';
    process.stdout.write(
      `${verdict} ${amplifier.reader}: ${amplifier.what}: ${(fileBytes / 1e6).toFixed(2)} MB took ${(grownBytes / 1e6).toFixed(0)} MB, ` +
        `${seconds.toFixed(1)} s: ${(message ?? 'read').slice(0, 160)}\n`,
    );
  }
  await remove();
}
