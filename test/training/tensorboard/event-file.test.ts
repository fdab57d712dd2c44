import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/training/tensorboard/crc32c.ts';
import { expectSuccess, fcn, temporaryFolder, tinyTraining } from '../../cli/fcn.ts';

/** Bit by bit, as a division of polynomials: x^32 + x^28 + x^27 + ... of RFC 3720, highest power first, bits of bytes reversed. */
function remainder(bytes: Uint8Array): number {
  const reversed = (value: number, bits: number) => {
    let result = 0n;
    for (let bit = 0; bit < bits; bit++) if ((value >>> bit) & 1) result |= 1n << BigInt(bits - 1 - bit);
    return result;
  };
  let rest = 0xffffffffn;
  for (const byte of bytes) {
    rest ^= reversed(byte, 8) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      rest <<= 1n;
      if (rest >> 32n) rest ^= 0x11edc6f41n;
    }
  }
  return Number(reversed(Number(rest ^ 0xffffffffn), 32));
}

/** A field of a protocol buffer: numbers of fixed size as their bytes. */
type Field = readonly [number: number, value: bigint | Buffer];

function fieldsOf(bytes: Buffer): Field[] {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => bytes.subarray(at, (at += length));
  const fields: Field[] = [];
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = tag & 7;
    const value = type === 0 ? varint() : take(type === 1 ? 8 : type === 5 ? 4 : Number(varint()));
    fields.push([tag >> 3, value]);
  }
  return fields;
}

/** The records of a TFRecord file, each with sums that are right. */
function recordsOf(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  const checked = (bytes: Buffer, sum: number) => {
    const rotated = (sum - 0xa282ead8) >>> 0;
    expect(((rotated << 15) | (rotated >>> 17)) >>> 0).toBe(remainder(bytes));
    return bytes;
  };
  for (let at = 0; at < file.length; ) {
    const length = Number(checked(file.subarray(at, at + 8), file.readUInt32LE(at + 8)).readBigUInt64LE(0));
    const data = file.subarray(at + 12, at + 12 + length);
    records.push(checked(data, file.readUInt32LE(at + 12 + length)));
    at += 12 + length + 4;
  }
  return records;
}

async function eventsOf(file: string) {
  return recordsOf(await readFile(file)).map((record) => {
    const fields = new Map(fieldsOf(record));
    const summary = fields.get(5) as Buffer | undefined;
    const scalars = (summary ? fieldsOf(summary) : []).map(([, value]) => {
      const parts = new Map(fieldsOf(value as Buffer));
      return [String(parts.get(1)), (parts.get(2) as Buffer).readFloatLE(0)] as const;
    });
    return {
      time: (fields.get(1) as Buffer).readDoubleLE(0),
      step: Number(fields.get(2) ?? 0),
      version: fields.get(3)?.toString(),
      session: fields.get(7) as Buffer | undefined,
      scalars: Object.fromEntries(scalars),
    };
  });
}

/** Rows of a CSV file by their columns. */
async function rowsOf(file: string) {
  const [header, ...rows] = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(header!.map((name, i) => [name, Number(row[i])])));
}

describe('--log tensorboard', () => {
  it('writes what the logs of the run hold, each process to a file of its own', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const logged = [
      '--log',
      'tensorboard',
      '--validate-every',
      '2',
      '--schedule',
      'step',
      '--step-every',
      '2',
    ];
    const started = Date.now() / 1000;
    expectSuccess(await fcn(...tinyTraining(run, ...logged, '--iterations', '4')));
    const resumed = ['--resume', '--log', 'tensorboard', '--iterations', '6'];
    expectSuccess(await fcn('train', '--out', run, ...resumed));

    const names = (await readdir(run)).filter((name) =>
      /^events\.out\.tfevents\.\d{10}\..+\.\d+$/.test(name),
    );
    expect(names).toHaveLength(2);
    const files = await Promise.all(names.map((name) => eventsOf(path.join(run, name))));
    const [first, second] = files.sort((a, b) => a[0]!.time - b[0]!.time) as [
      (typeof files)[0],
      (typeof files)[0],
    ];
    for (const events of [first, second]) {
      expect(events[0]).toMatchObject({ step: 0, version: 'brain.Event:2', scalars: {} });
      for (const { time } of events) {
        expect(time).toBeGreaterThanOrEqual(started);
        expect(time).toBeLessThanOrEqual(Date.now() / 1000);
      }
    }
    expect(second[1]).toMatchObject({ step: 5, session: Buffer.from([8, 1]), scalars: {} }); // status START

    const scalars = [...first, ...second].filter((event) => Object.keys(event.scalars).length > 0);
    const log = await rowsOf(path.join(run, 'log.csv'));
    const expected = log.map((row) => ({
      step: row.iteration,
      scalars: {
        'train/loss': Math.fround(row.loss!),
        'train/learning_rate': Math.fround(row.learning_rate!),
      },
    }));
    expect(scalars.filter((event) => 'train/loss' in event.scalars)).toMatchObject(expected);
    expect(expected).toHaveLength(6);
    expect(new Set(log.map((row) => row.learning_rate)).size).toBe(3);

    const validations = await rowsOf(path.join(run, 'val.csv'));
    expect(validations.map(({ iteration }) => iteration)).toEqual([2, 4, 6]);
    expect(scalars.filter((event) => 'validation/meanIoU' in event.scalars)).toMatchObject(
      validations.map(({ iteration, ...metrics }) => ({
        step: iteration,
        scalars: Object.fromEntries(
          Object.entries(metrics).map(([name, value]) => [`validation/${name}`, Math.fround(value)]),
        ),
      })),
    );
  });
});

it('crc32c is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});
