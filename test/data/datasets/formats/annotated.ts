import { encode } from 'fast-png';
import { expect } from 'vitest';
import { openDataset, splitsOf } from '../../../../src/data/datasets/open.ts';
import { temporaryFolder, testImage, toSharp, writeFiles } from '../../helpers.ts';

export type Files = Record<string, Uint8Array | string>;

/** A folder of files; what is neither text nor bytes is written as JSON. */
export async function folderOf(files: Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder();
  const contents = Object.entries(files).map(([name, content]) => {
    return [
      name,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    ];
  });
  await writeFiles(folder, Object.fromEntries(contents) as Files);
  return folder;
}

export async function jpeg(height: number, width: number): Promise<Uint8Array> {
  return toSharp(testImage(height, width)).jpeg().toBuffer();
}

/** A gray PNG from one digit a pixel, `?` for 255. */
export function gray(rows: readonly string[]): Uint8Array {
  const data = Uint8Array.from(rows.join(''), (digit) => (digit === '?' ? 255 : Number(digit)));
  return encode({ width: rows[0]!.length, height: rows.length, channels: 1, depth: 8, data });
}

/** The labels of an image as gray() takes them. */
export async function labelRows(spec: string, id: string, split?: string): Promise<string[]> {
  const { label } = await sampleOf(spec, id, split);
  const text = Array.from(label.data, (value) => (value === 255 ? '?' : `${value}`)).join('');
  return Array.from({ length: label.height }, (_, y) => text.slice(y * label.width, (y + 1) * label.width));
}

/** A sample of any split. */
export async function sampleOf(spec: string, id: string, split?: string) {
  for (const one of split ? [split] : await splitsOf(spec)) {
    const dataset = await openDataset(spec, one);
    if (dataset.ids.includes(id)) return dataset.load(dataset.ids.indexOf(id));
  }
  throw new Error(`${id} is in no split of ${spec}`);
}

/** The names of classes, of whatever split there is. */
export async function classesOf(spec: string): Promise<readonly string[]> {
  const [split] = await splitsOf(spec);
  return (await openDataset(spec, split!)).classes;
}

/** What is wrong with the image `id`, when the data set is opened or the image loaded: one line that matches. */
export async function expectRefused(spec: string, id: string, message: RegExp): Promise<void> {
  const refused = await sampleOf(spec, id).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(refused?.name, `${refused?.stack}`).toBe('FcnError');
  expect(refused.message).toMatch(message);
  expect(refused.message).not.toMatch(/\n/);
}
