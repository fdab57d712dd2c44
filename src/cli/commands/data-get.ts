import { Command } from 'commander';
import { cacheFolder } from '../../base/download/cache-folder.ts';
import { findByName, mirrored } from '../../base/download/catalog.ts';
import { publishedDatasets } from '../../data/published/catalog.ts';
import { getDataset } from '../../data/published/dataset.ts';
import { whileFetching } from '../fetching.ts';

export function getCommand(): Command {
  return new Command('get')
    .description('Download a public data set, check it, unpack it and print where it is')
    .argument('<name>', `one of ${publishedDatasets.map(({ name }) => name).join(', ')}`)
    .requiredOption('--root <DIR>', 'folder to unpack it to')
    .option('--from <FILE>', 'use this archive, which you fetched yourself, instead of downloading it')
    .action(async (name: string, { root, from }: { root: string; from?: string }) => {
      const found = findByName(publishedDatasets, name, 'data get');
      const dataset = {
        ...found,
        archive: mirrored(found.archive),
        extras: found.extras.map(({ file, to }) => ({ file: mirrored(file), to })),
      };
      const folder = await whileFetching((feedback) =>
        getDataset(dataset, root, { cache: cacheFolder(), from }, feedback),
      );
      process.stdout.write(`${folder}\n`);
    });
}
