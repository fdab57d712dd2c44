import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextLines } from '../../src/base/text.ts';
import { temporaryFolder } from '../data/helpers.ts';

async function read(bytes: Uint8Array | string): Promise<string[]> {
  const file = path.join(await temporaryFolder(), 'list.txt');
  await writeFile(file, bytes);
  return readTextLines(file, 'list');
}

/** UTF-16 as Python's 'utf-16-le' and 'utf-16-be' write it. */
const utf16 = (text: string, bigEndian = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};

describe('text of people', () => {
  const text = 'Straße\r\n\r\nöffentlich\r\n\r\n';
  const lines = ['Straße', '', 'öffentlich'];

  it('is UTF-8 or UTF-16, with a byte order mark or without', async () => {
    expect(await read(text)).toEqual(lines);
    expect(await read(`\uFEFF${text}`)).toEqual(lines);
    for (const bigEndian of [false, true]) {
      expect(await read(utf16(`\uFEFF${text}`, bigEndian))).toEqual(lines);
      expect(await read(utf16('a\r\nb\r\n', bigEndian))).toEqual(['a', 'b']);
    }
  });

  it('has line ends of any system, and one form of every letter', async () => {
    expect(await read('a\rb\r')).toEqual(['a', 'b']);
    expect(await read(' a \n\u200Bb\t\n')).toEqual(['a', 'b']);
    expect(await read('Mu\u0308ller\n')).toEqual(['M\u00FCller']);
    expect(await read('')).toEqual([]);
  });

  it('is refused, by the line, when it is in another encoding or no text', async () => {
    await expect(read(Buffer.from('a\r\nStra\u00DFe\r\n', 'latin1'))).rejects.toThrow(
      /^list .*list\.txt: line 2 is not UTF-8, .*'Straße'\)$/,
    );
    await expect(read('a\nb\0c\n\n')).rejects.toThrow(/line 2 has control characters/);
    await expect(read(Buffer.from([0xff, 0xfe, 0, 0, 97, 0, 0, 0]))).rejects.toThrow(/UTF-32/);
    await expect(read(Buffer.concat([utf16('\uFEFFab'), Buffer.from([0])]))).rejects.toThrow(
      /it is incomplete/,
    );
  });
});
