import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import { openDataset, splitsOf } from '../../../src/data/datasets/open.ts';
import { decodeSbdLabel } from '../../../src/data/datasets/sbd.ts';
import { decodeLabelPng } from '../../../src/data/images/label-png.ts';
import { temporaryFolder } from '../helpers.ts';

/** Made by peer/fixture_sbd.py: labels that SciPy wrote and read back. */
const fixture = fileURLToPath(new URL('../../fixtures/sbd', import.meta.url));
const ids = ['2008_000002', '2008_000003', '2008_000007', '2008_000008'];
const matFile = (id: string) => readFile(path.join(fixture, 'cls', `${id}.mat`));

describe('sbd:', () => {
  it('reads the labels that SciPy reads, compressed and not', async () => {
    for (const id of ids) {
      const expected = await readFile(path.join(fixture, 'expected', `${id}.png`));
      expect(decodeSbdLabel(await matFile(id), id)).toEqual(decodeLabelPng(expected, id));
    }
  });

  it('opens its splits', async () => {
    expect(await splitsOf(`sbd:${fixture}`)).toEqual(['train', 'val']);
    const train = await openDataset(`sbd:${fixture}`, 'train');
    expect(train.ids).toEqual(ids.slice(0, 2));
    expect(train.classes[20]).toBe('tvmonitor');
    const { image, label } = await train.load(1);
    expect([image.width, image.height, label.width, label.height]).toEqual([12, 7, 12, 7]);
  });

  it('refuses a folder of something else', async () => {
    const empty = await temporaryFolder();
    await expect(openDataset(`sbd:${empty}`, 'train')).rejects.toThrow(/got no train\.txt .* layout of SBD/);
    await expect(openDataset('sbd:', 'train')).rejects.toThrow(/expected sbd:DIR/);
  });
});

describe('a label of SBD that is none', () => {
  const refused = (bytes: Uint8Array) => {
    try {
      decodeSbdLabel(bytes, 'x.mat');
    } catch (thrown) {
      if (thrown instanceof FcnError) return thrown.message;
      throw thrown;
    }
    return 'nothing wrong';
  };

  it('says what else the file holds', async () => {
    const messages: Record<string, RegExp> = {
      'other-variable.mat': /label x\.mat: got no variable GTcls, expected a MATLAB 5 file with GTcls\.Segm/,
      'other-field.mat': /GTcls with the fields Categories/,
      'double.mat': /GTcls\.Segmentation with another type/,
      'no-struct.mat': /GTcls that is not a single struct/,
      'three-dimensions.mat': /GTcls\.Segmentation with another type/,
    };
    const files = await readdir(path.join(fixture, 'broken'));
    expect(files.sort()).toEqual(Object.keys(messages).sort());
    for (const file of files) {
      expect(refused(await readFile(path.join(fixture, 'broken', file))), file).toMatch(messages[file]!);
    }
  });

  it('knows other formats', async () => {
    const header = (version: number, endian: string) => {
      const bytes = Buffer.alloc(136);
      bytes[125] = version;
      bytes.write(endian, 126);
      return bytes;
    };
    expect(refused(header(2, 'IM'))).toMatch(/a MATLAB 7\.3 file; save it with -v7/);
    expect(refused(header(0, 'MI'))).toMatch(/big-endian/);
    expect(refused(Buffer.from('not MATLAB'))).toMatch(/something else/);
  });

  it('is refused wherever it is cut off', async () => {
    for (const id of ids.slice(0, 2)) {
      const file = await matFile(id);
      for (let length = 0; length < file.length; length += 1) {
        expect(refused(file.subarray(0, length)), `${id} ${length}`).toMatch(/^label x\.mat: got /);
      }
    }
  });

  it('is refused or read, never a crash, when a byte is wrong', async () => {
    const file = await matFile(ids[1]!); // not compressed: zlib finds wrong bytes by itself
    for (let position = 120; position < file.length; position++) {
      for (const value of [0, 1, 127, 255]) {
        const wrong = Buffer.from(file);
        wrong[position] = value;
        expect(refused(wrong), `${position} ${value}`).toMatch(/^(label x\.mat: got |nothing wrong)/);
      }
    }
  });
});
