import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { onTestFinished } from 'vitest';
import type { RgbSample } from '../../src/data/datasets/dataset.ts';
import type { RgbImage } from '../../src/data/images/image.ts';

export function sha256(data: Uint8Array | Uint16Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Writes files below a folder, making the folders that they need. */
export async function writeFiles(folder: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** An image of detail in every channel, the same formula as in the Python that made the expected values. */
export function testImage(height: number, width: number): RgbImage {
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        data[(y * width + x) * 3 + c] = (x * 37 + y * 101 + c * 53 + x * y * 7 + ((x * x * y) % 251)) % 256;
      }
    }
  }
  return { width, height, data };
}

export function toSharp({ width, height, data }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A sample in which each pixel's color tells its label, and each label tells its position in the first 200 pixels. */
export function codedSample(height: number, width: number): RgbSample {
  const label = Uint8Array.from({ length: height * width }, (_, i) => i % 200);
  return {
    id: 'coded',
    image: { width, height, data: Uint8Array.from([...label].flatMap((value) => codeOf(value))) },
    label: { width, height, data: label },
  };
}

export function codeOf(label: number): [number, number, number] {
  return [label, 255 - label, (label * 7) % 256];
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** PNG's color type: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA. */
  readonly colorType: number;
  readonly interlaced?: boolean;
  /** The rows as they are stored, without the filter byte. */
  readonly rows: readonly (readonly number[])[];
}

/** A PNG written by hand, after the PNG specification, for kinds that the libraries do not write. */
export function makePng({ width, height, depth, colorType, interlaced = false, rows }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8);
  const palette = Buffer.from(Array.from({ length: 3 << depth }, (_, i) => i % 256));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(colorType === 3 ? [chunk('PLTE', palette)] : []),
    chunk('IDAT', deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row])))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
