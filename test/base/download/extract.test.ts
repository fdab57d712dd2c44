import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { extractTar, type Limits } from '../../../src/base/download/extract.ts';
import { FcnError } from '../../../src/base/errors.ts';
import { random } from '../../../src/base/rng.ts';
import { errorOf, listen, someBytes, temporaryFolder } from './helpers.ts';
import { paxRecord, type TarEntry, tarGzOf, tarOf } from './tar-bytes.ts';

const innocent: TarEntry[] = [
  { name: 'VOC/', type: '5' },
  { name: 'VOC/a.txt', data: 'first' },
  { name: 'VOC/deep/er/b.bin', data: someBytes(3000) },
];

/** Unpacks bytes in a folder that lies beside a file which nobody may touch. */
async function unpack(archive: Buffer, limits?: Limits) {
  const around = await temporaryFolder();
  const folder = path.join(around, 'inside');
  await mkdir(folder);
  await writeFile(path.join(around, 'outside.txt'), 'precious');
  await writeFile(path.join(around, 'archive.tar'), archive);
  const feedback = listen();
  const result = extractTar(path.join(around, 'archive.tar'), folder, feedback, limits);
  await result.catch(() => undefined);
  expect((await readdir(around)).sort()).toEqual(['archive.tar', 'inside', 'outside.txt']);
  expect(await readFile(path.join(around, 'outside.txt'), 'utf8')).toBe('precious');
  return { result, folder, feedback };
}

describe('unpacking', () => {
  it.each([
    ['tar', tarOf(...innocent)],
    ['tar.gz', tarGzOf(...innocent)],
  ])('makes the files of a %s', async (_, archive) => {
    const { result, folder, feedback } = await unpack(archive);
    await result;
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      'VOC',
      'VOC/a.txt',
      'VOC/deep',
      'VOC/deep/er',
      'VOC/deep/er/b.bin',
    ]);
    expect(await readFile(path.join(folder, 'VOC/a.txt'), 'utf8')).toBe('first');
    expect(await readFile(path.join(folder, 'VOC/deep/er/b.bin'))).toEqual(someBytes(3000));
    expect(feedback.bytes.at(-1)).toBe(archive.length);
  });

  it('understands the long names of PAX and GNU', async () => {
    const long = `${'long/'.repeat(30)}name.txt`;
    const { result, folder } = await unpack(
      tarOf(
        { name: 'pax', type: 'x', data: paxRecord('path', `pax/${long}`) },
        { name: 'short', data: 'pax' },
        { name: '././@LongLink', type: 'L', data: `gnu/${long}\0` },
        { name: 'short', data: 'gnu' },
      ),
    );
    await result;
    expect(await readFile(path.join(folder, 'pax', long), 'utf8')).toBe('pax');
    expect(await readFile(path.join(folder, 'gnu', long), 'utf8')).toBe('gnu');
  });

  it('takes over no owners and no permissions', async () => {
    const { result, folder } = await unpack(
      tarOf({ name: 'closed/', type: '5', mode: 0 }, { name: 'closed/setuid', data: 'x', mode: 0o6777 }),
    );
    await result;
    const { mode, uid } = await stat(path.join(folder, 'closed/setuid'));
    expect(mode & 0o7000).toBe(0);
    expect(uid).toBe((await stat(folder)).uid);
  });
});

describe('an archive that wants out', () => {
  const payload = { data: 'gotcha' };
  const attacks: [string, TarEntry[], RegExp][] = [
    ['a path above', [{ name: '../outside.txt', ...payload }], /leaves the folder/],
    ['a path through a folder', [{ name: 'a/b/../../../outside.txt', ...payload }], /leaves the folder/],
    ['a path above for Windows', [{ name: '..\\outside.txt', ...payload }], /leaves the folder/],
    ['an absolute path', [{ name: '/tmp/fcn-was-here', ...payload }], /absolute/],
    ['an absolute path for Windows', [{ name: 'C:\\outside.txt', ...payload }], /absolute/],
    ['a drive', [{ name: 'c:outside.txt', ...payload }], /absolute/],
    ['a network path', [{ name: '\\\\server\\share', ...payload }], /absolute/],
    ['a folder above', [{ name: '../new/', type: '5' }], /leaves the folder/],
    [
      'a path above behind a PAX header',
      [
        { name: 'pax', type: 'x', data: paxRecord('path', '../outside.txt') },
        { name: 'harmless', ...payload },
      ],
      /leaves the folder/,
    ],
    [
      'a path above behind a GNU header',
      [
        { name: '././@LongLink', type: 'L', data: '../outside.txt\0' },
        { name: 'harmless', ...payload },
      ],
      /leaves the folder/,
    ],
    [
      'a file through a symbolic link',
      [
        { name: 'link', type: '2', link: '..' },
        { name: 'link/outside.txt', ...payload },
      ],
      /'link', which is a SymbolicLink/,
    ],
    [
      'a folder that becomes a symbolic link',
      [
        { name: 'x/', type: '5' },
        { name: 'x', type: '2', link: '..' },
        { name: 'x/outside.txt', ...payload },
      ],
      /SymbolicLink/,
    ],
    ['an absolute symbolic link', [{ name: 'x', type: '2', link: '/etc/passwd' }], /SymbolicLink/],
    ['a hard link', [{ name: 'x', type: '1', link: '../outside.txt' }], /is a Link/],
    ['a device', [{ name: 'x', type: '3' }], /CharacterDevice/],
    ['a disk', [{ name: 'x', type: '4' }], /BlockDevice/],
    ['a pipe', [{ name: 'x', type: '6' }], /FIFO/],
    ['an unknown kind', [{ name: 'x', type: 'Z' }], /archive.tar/],
  ];
  it.each(attacks)('with %s is refused', async (_, entries, message) => {
    for (const archive of [tarOf(...innocent, ...entries), tarGzOf(...innocent, ...entries)]) {
      const error = await errorOf((await unpack(archive)).result);
      expect(error.exitCode).toBe(2);
      expect(error.message).toMatch(message);
      expect(error.message).toContain('archive.tar');
    }
  });
});

describe('an archive that claims too much', () => {
  it.each([
    ['a size of terabytes', { name: 'x', claimedSize: 2 ** 45 }, /more than/],
    ['a size that cannot be', { name: 'x', claimedSize: 2 ** 62 }, /archive.tar/],
  ])('with %s is refused', async (_, entry, message) => {
    const error = await errorOf((await unpack(tarOf(entry, ...innocent))).result);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
  });

  it('with many bytes is refused before they are written', async () => {
    const zeros = Buffer.alloc(20_000_000);
    const { result, folder } = await unpack(tarGzOf(innocent[1]!, { name: 'bomb', data: zeros }), {
      bytes: 1_000_000,
      entries: 10,
    });
    expect((await errorOf(result)).message).toContain("'bomb' and more than 1000000 bytes");
    expect(await readdir(folder)).not.toContain('bomb');
  });

  it('with a compression that no data set has is refused', async () => {
    const { result } = await unpack(gzipSync(gzipSync(Buffer.alloc(1))));
    await errorOf(result);
    const zeros = tarGzOf({ name: 'bomb', data: Buffer.alloc(50_000_000) });
    expect((await errorOf((await unpack(zeros)).result)).message).toMatch(/ratio/);
  });

  it('with many entries is refused', async () => {
    const { result } = await unpack(tarOf(...innocent), { bytes: 1e9, entries: 2 });
    expect((await errorOf(result)).message).toContain('more than 2 entries');
  });
});

describe('a damaged archive', () => {
  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is no tar file', someBytes(5000)],
    ['is a page that says sorry', Buffer.from('<html>not found</html>'.repeat(100))],
  ])('that %s is an error', async (_, archive) => {
    expect((await errorOf((await unpack(archive)).result)).exitCode).toBe(2);
  });

  it('that does not exist is an error', async () => {
    const folder = await temporaryFolder();
    const error = await errorOf(extractTar(path.join(folder, 'none.tar'), folder, listen()));
    expect(error.message).toMatch(/none\.tar: there is no such file/);
  });

  it('that has a file where it wants a folder is an error', async () => {
    const { result } = await unpack(tarOf({ name: 'a', data: 'file' }, { name: 'a/b', data: 'below it' }));
    await errorOf(result);
  });

  it('cut off at any byte is an error, or what comes before is whole', async () => {
    const whole = { 'a.txt': 'first', 'b.txt': 'second' } as Record<string, string>;
    const entries = Object.entries(whole).map(([name, data]) => ({ name, data }));
    for (const archive of [tarGzOf(...entries), tarOf(...entries).subarray(0, 2048)]) {
      const step = archive.length > 1000 ? 31 : 1;
      for (let length = 0; length < archive.length; length += step) {
        const { result, folder } = await unpack(archive.subarray(0, length));
        const error = await result.then(
          () => undefined,
          (thrown) => thrown,
        );
        if (error) expect(error).toBeInstanceOf(FcnError);
        else
          for (const name of await readdir(folder))
            expect(await readFile(path.join(folder, name), 'utf8')).toBe(whole[name]);
      }
    }
  }, 60_000);

  it('with any bytes changed leaves what is outside alone', async () => {
    const archive = tarOf(...innocent, { name: 'link', type: '2', link: '..' });
    for (let seed = 0; seed < 150; seed++) {
      const { integer } = random('tar', seed);
      const damaged = Buffer.from(archive);
      for (let i = integer(8); i >= 0; i--) damaged[integer(damaged.length)] = integer(256);
      const { result } = await unpack(damaged);
      await result.catch((thrown) => expect(thrown).toBeInstanceOf(FcnError));
    }
  }, 60_000);
});
