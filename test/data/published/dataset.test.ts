import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { type PublishedDataset, publishedDatasets } from '../../../src/data/published/catalog.ts';
import { getDataset } from '../../../src/data/published/dataset.ts';
import {
  errorOf,
  listen,
  published,
  sendFile,
  serve,
  status,
  temporaryFolder,
} from '../../base/download/helpers.ts';
import { tarGzOf, tarOf } from '../../base/download/tar-bytes.ts';
import { makeVocFolder } from '../../cli/voc-folder.ts';

const patience = { stallTimeout: 1000, retryDelays: [] };
const voc2012 = publishedDatasets.find(({ name }) => name === 'voc2012')!;
const voc2011 = publishedDatasets.find(({ name }) => name === 'voc2011')!;
const sbd = publishedDatasets.find(({ name }) => name === 'sbd')!;

/** A small data set, packed as the archive of the catalog is. */
async function vocArchive(dataset: PublishedDataset): Promise<Buffer> {
  const folder = await temporaryFolder();
  const { folder: data } = await makeVocFolder();
  await mkdir(path.join(folder, path.dirname(dataset.from)), { recursive: true });
  await rename(data, path.join(folder, dataset.from));
  await create({ cwd: folder, file: path.join(folder, 'all.tar') }, [dataset.from.split('/')[0]!]);
  return readFile(path.join(folder, 'all.tar'));
}

/** The entry of the catalog, with another address and content. */
function at(url: string, dataset: PublishedDataset, archive: Buffer, extra?: Buffer): PublishedDataset {
  return {
    ...dataset,
    archive: published(`${url}/${dataset.archive.name}`, archive, { name: dataset.archive.name }),
    extras: dataset.extras.map(({ file, to }) => ({
      file: published(`${url}/${file.name}`, extra!, { name: file.name }),
      to,
    })),
  };
}

describe('a data set', () => {
  it('that was downloaded opens', async () => {
    const archive = await vocArchive(voc2012);
    const server = await serve(sendFile(archive));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const feedback = listen();
    const folder = await getDataset(at(server.url, voc2012, archive), root, { cache, patience }, feedback);
    expect(folder).toBe(path.join(root, 'VOCdevkit', 'VOC2012'));
    expect(await readdir(root), 'nothing else is left').toEqual(['VOCdevkit']);
    for (const spec of [`voc:${root}`, `voc:${folder}`]) {
      const data = await openDataset(spec, 'train');
      expect(data.ids).toHaveLength(4);
      expect((await data.load(0)).image).toMatchObject({ width: 40, height: 32 });
    }
    expect(feedback.notices.join()).toContain(cache);

    // A second place: from the cache.
    const elsewhere = await temporaryFolder();
    await getDataset(at(server.url, voc2012, archive), elsewhere, { cache, patience }, feedback);
    expect(server.requests).toHaveLength(1);
  });

  it('goes beside another one, and what is there stays', async () => {
    const archive = await vocArchive(voc2011);
    const server = await serve(sendFile(archive));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    await mkdir(path.join(root, 'VOCdevkit', 'VOC2012'), { recursive: true });
    await writeFile(path.join(root, 'VOCdevkit', 'VOC2012', 'mine.txt'), 'mine');
    const feedback = listen();
    await getDataset(at(server.url, voc2011, archive), root, { cache, patience }, feedback);
    expect((await readdir(path.join(root, 'VOCdevkit'))).sort()).toEqual(['VOC2011', 'VOC2012']);
    expect((await openDataset(`voc:${root}/VOCdevkit/VOC2011`, 'val')).ids).toHaveLength(2);

    await getDataset(at(server.url, voc2012, archive), root, { cache, patience }, feedback);
    expect(await readdir(path.join(root, 'VOCdevkit', 'VOC2012'))).toEqual(['mine.txt']);
    expect(feedback.notices.at(-1)).toContain('already exists');
    expect(server.requests).toHaveLength(1);
  });

  it('that was carried by hand is checked, unpacked and not downloaded', async () => {
    const archive = await vocArchive(voc2012);
    const [root, cache] = [await temporaryFolder(), path.join(await temporaryFolder(), 'cache')];
    const from = path.join(await temporaryFolder(), 'carried.tar');
    const dataset = at('http://127.0.0.1:1', voc2012, archive);
    await writeFile(from, archive.subarray(0, -1));
    const error = await errorOf(getDataset(dataset, root, { cache, from }, listen()));
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/carried\.tar: got sha256/);
    expect(await readdir(root)).toEqual([]);

    await writeFile(from, archive);
    await getDataset(dataset, root, { cache, from }, listen());
    expect((await openDataset(`voc:${root}`, 'train')).ids).toHaveLength(4);
    expect(existsSync(from), 'it stays').toBe(true);
    expect(existsSync(cache)).toBe(false);
  });

  it('comes with what is published apart', async () => {
    const archive = tarGzOf({ name: 'benchmark_RELEASE/dataset/train.txt', data: 'all\n' });
    const list = Buffer.from('some\n');
    const server = await serve(sendFile(archive), sendFile(list));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const dataset = at(server.url, sbd, archive, list);
    const folder = await getDataset(dataset, root, { cache, patience }, listen());
    expect((await readdir(path.join(folder, 'dataset'))).sort()).toEqual(['train.txt', 'train_noval.txt']);

    // By hand: the list lies beside the archive.
    const [carried, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    const from = path.join(carried, 'benchmark.tgz');
    await writeFile(from, archive);
    const error = await errorOf(getDataset(dataset, elsewhere, { cache, from }, listen()));
    expect(error.message).toMatch(/train_noval\.txt/);
    expect(await readdir(elsewhere)).toEqual([]);
    await writeFile(path.join(carried, 'train_noval.txt'), list);
    await getDataset(dataset, elsewhere, { cache, from }, listen());
    expect(existsSync(path.join(elsewhere, 'benchmark_RELEASE/dataset/train_noval.txt'))).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['wants out', tarOf({ name: 'VOCdevkit/VOC2012/a', data: 'a' }, { name: '../b', data: 'b' }), /leaves/],
    ['is another one', tarOf({ name: 'VOCdevkit/VOC2007/a', data: 'a' }), /no folder VOCdevkit\/VOC2012/],
    ['is cut off', tarOf({ name: 'VOCdevkit/VOC2012/a', data: 'a' }).subarray(0, 700), /damaged/],
  ])('whose archive %s leaves nothing', async (_, archive, message) => {
    const server = await serve(sendFile(archive));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const error = await errorOf(
      getDataset(at(server.url, voc2012, archive), root, { cache, patience }, listen()),
    );
    expect(error.message).toMatch(message);
    expect(await readdir(root)).toEqual([]);
  });

  it('that cannot be downloaded leaves nothing', async () => {
    const server = await serve(status(404));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    const dataset = at(server.url, voc2012, Buffer.from('x'));
    await errorOf(getDataset(dataset, root, { cache, patience }, listen()));
    expect([...(await readdir(root)), ...(await readdir(cache))]).toEqual([]);
  });

  it('clears away what a killed process has left', async () => {
    const archive = tarOf({ name: 'VOCdevkit/VOC2012/a', data: 'a' });
    const server = await serve(sendFile(archive));
    const [root, cache] = [await temporaryFolder(), await temporaryFolder()];
    await mkdir(path.join(root, '.voc2012.999999999.tmp', 'VOCdevkit'), { recursive: true });
    await mkdir(path.join(root, `.voc2011.999999999.tmp`));
    await mkdir(path.join(root, `.voc2012.${process.ppid}.tmp`)); // of one that still works
    await getDataset(at(server.url, voc2012, archive), root, { cache, patience }, listen());
    expect((await readdir(root)).sort()).toEqual(
      [`.voc2011.999999999.tmp`, `.voc2012.${process.ppid}.tmp`, 'VOCdevkit'].sort(),
    );
  });
});
