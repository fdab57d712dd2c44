import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/data/datasets/open.ts';
import { changeBetween, digestOf } from '../../src/training/data-digest.ts';
import { makeVocFolder, type VocFolder, vocIn, writeLabel } from '../cli/voc-folder.ts';

const digestOfSplit = async ({ spec }: VocFolder) => digestOf(await openDataset(spec, 'train'));

const papers = fileURLToPath(new URL('../fixtures/papers', import.meta.url));

/** Changes one byte in place; size and time may stay as they are. */
async function flip(file: string, at: (length: number) => number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at(bytes.length)]! ^= 1;
  await writeFile(file, bytes);
}

describe('the digest of a split', async () => {
  const voc = await makeVocFolder();
  // One image above 256 KiB, of which pieces are read.
  await appendFile(voc.image('train_000001'), Buffer.alloc(400_000, 7));
  const before = await digestOfSplit(voc);

  const changes: [string, (data: VocFolder) => Promise<unknown>, RegExp | undefined][] = [
    ['nothing but the place has changed', async () => {}, undefined],
    [
      'an image was added',
      (data) =>
        writeFile(
          data.split('train'),
          [0, 1, 2, 3]
            .map((i) => `train_00000${i}`)
            .join('\n')
            .concat('\nval_000001'),
        ),
      /^train has 5 images instead of 4$/,
    ],
    [
      'an image was removed',
      (data) => writeFile(data.split('train'), 'train_000000\ntrain_000001\ntrain_000002'),
      /^train has 3 images instead of 4$/,
    ],
    [
      'the order is another',
      (data) => writeFile(data.split('train'), [1, 0, 2, 3].map((i) => `train_00000${i}`).join('\n')),
      /^train lists different images, or in a different order$/,
    ],
    [
      'a label was edited',
      (data) =>
        writeLabel(data.label('train_000003'), { width: 40, height: 32, data: new Uint8Array(1280).fill(1) }),
      /^labels of train or the meaning of their values have changed/,
    ],
    [
      'a byte of a small image was edited',
      (data) => flip(data.image('train_000000'), (n) => n >> 1),
      /^image files of train/,
    ],
    [
      'the end of a large image was edited',
      (data) => flip(data.image('train_000001'), (n) => n - 1),
      /^image files of train/,
    ],
    ['an image is gone', (data) => rm(data.image('train_000002')), /^image files of train/],
    [
      'two classes have exchanged their values',
      async (data) => {
        const file = path.join(data.folder, 'classes.txt');
        const names = (await readFile(file, 'utf8')).split('\n');
        const values = [0, 2, 1, 3, 4, 5];
        await writeFile(file, names.map((name, i) => `${name} ${values[i]}`).join('\n'));
      },
      /^labels of train or the meaning of their values have changed$/,
    ],
  ];
  it.each(changes)('tells when %s', async (_, change, expected) => {
    const copy = await mkdtemp(path.join(tmpdir(), 'fcn-digest-'));
    await cp(voc.folder, copy, { recursive: true });
    const dataset = await openDataset(vocIn(copy).spec, 'train'); // knows its files before one is gone
    await change(vocIn(copy));
    const reopened = expected?.source.includes('image files')
      ? dataset
      : await openDataset(vocIn(copy).spec, 'train');
    const found = changeBetween(before, await digestOf(reopened), 'train');
    if (expected) expect(found).toMatch(expected);
    else expect(found).toBeUndefined();
    await rm(copy, { recursive: true });
  });
});

it.each([
  ['rgbd', 'depth'],
  ['rgb-hha', 'hha'],
])('tells when a file of other channels was edited, of NYUDv2 as %s', async (modality, folder) => {
  const copy = await mkdtemp(path.join(tmpdir(), 'fcn-digest-'));
  await cp(path.join(papers, 'nyud'), copy, { recursive: true });
  const digest = async () => digestOf(await openDataset(`nyud:${copy}?modality=${modality}`, 'train'));
  const before = await digest();
  const { ids } = await openDataset(`nyud:${copy}?modality=${modality}`, 'train');
  await flip(path.join(copy, 'data', folder, `${ids[0]}.png`), (length) => length >> 1);
  expect(changeBetween(before, await digest(), 'train')).toBe('image files of train have changed');
  await rm(copy, { recursive: true });
});
