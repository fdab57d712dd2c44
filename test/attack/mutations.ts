import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { FcnError } from '../../src/base/errors.ts';
import { type Random, random } from '../../src/base/rng.ts';
import { type Reader, readers } from './readers.ts';

/*
 * Damaged files for every reader: each is read, or refused in one line. By hand, for as long as one likes:
 *
 *   node --import tsx test/attack/mutations.ts --inputs 1000000 --seed 1 --folder /dev/shm
 *
 * An input is told by its seed and number; `--from N --inputs 1` repeats it, `--keep FILE` writes it to a file.
 */

export interface Findings {
  /** Inputs, and how many of them were refused, by reader. */
  readonly inputs: Record<string, { read: number; refused: number }>;
  /** What must not be: an error that is not ours, or of several lines; an input that takes long. */
  readonly faults: string[];
  readonly slowestSeconds: number;
  readonly peakBytes: number;
}

/** Seconds that no input of a few kilobytes takes, on a machine that has other things to do as well. */
const longest = 20;

/** Numbers that counts and sizes like to be wrong in. */
const odd = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** What a number in a text may become. */
const oddTexts = [
  '-1',
  '1e12',
  '1e308',
  '4294967296',
  '0',
  '0.5',
  'null',
  '"x"',
  '[]',
  '{}',
  '1e6',
  '',
  '999999999999999999999',
];

/** One damaged file: bytes changed, copied, moved, cut off or repeated; numbers in texts replaced. */
export function mutate(whole: Uint8Array, stream: Random): Buffer {
  let bytes = Buffer.from(whole);
  for (let n = stream.integer(4); n >= 0 && bytes.length > 0; n--) {
    const [at, other] = [stream.integer(bytes.length), stream.integer(bytes.length)];
    const length = Math.min(1 + stream.integer(16), bytes.length - Math.max(at, other));
    switch (stream.integer(9)) {
      case 0:
        bytes[at] = stream.integer(256);
        break;
      case 1:
        bytes[at]! ^= 1 << stream.integer(8);
        break;
      case 2:
        bytes[at] = bytes[other]!;
        break;
      case 3:
        bytes.copy(bytes, at, other, other + length);
        break;
      case 4:
        bytes = bytes.subarray(0, at);
        break;
      case 5: // a piece repeated
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(other, other + length),
          bytes.subarray(at),
        ]);
        break;
      case 6: // a piece left out
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + length))]);
        break;
      case 7: {
        const value = odd[stream.integer(odd.length)]!;
        const size = [1, 2, 4][stream.integer(3)]!;
        if (at + size > bytes.length) break;
        const cut = value % 2 ** (8 * size);
        if (stream.integer(2) === 0) bytes.writeUIntLE(cut, at, size);
        else bytes.writeUIntBE(cut, at, size);
        break;
      }
      default: {
        const text = bytes.toString('latin1');
        const numbers = [...text.matchAll(/\d+/g)];
        const found = numbers[stream.integer(Math.max(1, numbers.length))];
        if (!found) break;
        const by = oddTexts[stream.integer(oddTexts.length)]!;
        const changed = text.slice(0, found.index) + by + text.slice(found.index + found[0].length);
        bytes = Buffer.from(changed, 'latin1');
      }
    }
  }
  return bytes;
}

export interface AttackOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly from?: number;
  /** Readers by name; all unless some are named. */
  readonly only?: readonly string[];
  readonly folder?: string;
  readonly onProgress?: (done: number, findings: Findings) => void;
  /** Called with each input before it is read. */
  readonly onInput?: (bytes: Uint8Array, reader: Reader) => Promise<void>;
}

/** Damages files of all formats, reads them, and tells what happened. */
export async function attackReaders(options: AttackOptions): Promise<Findings> {
  const { inputs, seed, from = 0, only, folder = tmpdir(), onProgress, onInput } = options;
  sharp.cache(false);
  const chosen = readers.filter(({ name }) => !only || only.includes(name));
  const turns = chosen.flatMap((reader) => Array.from({ length: reader.weight }, () => reader));
  const seeds = new Map<Reader, readonly Uint8Array[]>();
  const counts: Findings['inputs'] = Object.fromEntries(
    chosen.map(({ name }) => [name, { read: 0, refused: 0 }]),
  );
  const findings = { inputs: counts, faults: [] as string[], slowestSeconds: 0, peakBytes: 0 };
  const place = await mkdtemp(path.join(folder, 'fcn-attack-'));
  try {
    for (let i = from; i < from + inputs; i++) {
      const stream = random('attack', seed, i);
      const reader = turns[stream.integer(turns.length)]!;
      if (!seeds.has(reader)) seeds.set(reader, await reader.seeds());
      const whole = seeds.get(reader)!;
      const bytes = mutate(whole[stream.integer(whole.length)]!, stream);
      await onInput?.(bytes, reader);
      const began = performance.now();
      try {
        await reader.read(bytes, place);
        counts[reader.name]!.read++;
      } catch (thrown) {
        counts[reader.name]!.refused++;
        const fault = faultOf(thrown);
        if (fault) findings.faults.push(`input ${i} of seed ${seed}, ${reader.name}: ${fault}`);
      }
      const seconds = (performance.now() - began) / 1000;
      findings.slowestSeconds = Math.max(findings.slowestSeconds, seconds);
      if (seconds > longest)
        findings.faults.push(`input ${i} of seed ${seed}, ${reader.name}: took ${seconds} s`);
      if (i % 1000 === 999) {
        await rm(path.join(place, 'unpacked'), { recursive: true, force: true });
        findings.peakBytes = 1024 * process.resourceUsage().maxRSS;
        onProgress?.(i + 1 - from, findings);
      }
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  findings.peakBytes = 1024 * process.resourceUsage().maxRSS;
  return findings;
}

/** What is wrong with an error: undefined for one of ours, in one line. */
function faultOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof FcnError)) {
    return thrown instanceof Error ? `${thrown.stack}` : `${thrown}`;
  }
  const isLine = !/[\p{Cc}\u2028\u2029]/u.test(thrown.message);
  if (isLine && thrown.message.length < 1000) return undefined;
  return `a message of ${thrown.message.length} characters: ${thrown.message.slice(0, 200)}`;
}

if (process.argv[1] === import.meta.filename) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { inputs: text, seed: text, from: text, only: text, folder: text, keep: text },
  });
  const findings = await attackReaders({
    inputs: Number(values.inputs ?? 100_000),
    seed: Number(values.seed ?? 1),
    from: Number(values.from ?? 0),
    ...(values.only && { only: values.only.split(',') }),
    ...(values.folder && { folder: values.folder }),
    ...(values.keep && { onInput: async (bytes) => writeFile(values.keep!, bytes) }),
    onProgress: (done, { faults, slowestSeconds, peakBytes }) =>
      process.stderr.write(
        `${done} inputs, ${faults.length} faults, slowest ${slowestSeconds.toFixed(1)} s, peak ${Math.round(peakBytes / 1e6)} MB\n`,
      ),
  });
  process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  process.exitCode = findings.faults.length > 0 ? 1 : 0;
}
