import { Command } from 'commander';
import { cacheFolder } from '../../base/download/cache-folder.ts';
import { findByName, mirrored } from '../../base/download/catalog.ts';
import { type PublishedWeights, publishedWeights } from '../../weights/published/catalog.ts';
import { getWeights } from '../../weights/published/weights.ts';
import { whileFetching } from '../fetching.ts';

export function weightsCommand(): Command {
  return new Command('weights')
    .description('Download published weights')
    .addCommand(listCommand())
    .addCommand(getCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('List the weights that `fcn weights get` can download')
    .action(() => void process.stdout.write(`${weightsTable(publishedWeights)}\n`));
}

function getCommand(): Command {
  return new Command('get')
    .description('Download published weights, check them and print where they are')
    .argument('<name>', `one of ${publishedWeights.map(({ name }) => name).join(', ')}`)
    .option('--from <FILE>', 'use this file, which you fetched yourself, instead of downloading it')
    .option('--out <FILE>', 'where to put it (default: the cache, see FCN_CACHE)')
    .action(async (name: string, { from, out }: { from?: string; out?: string }) => {
      const found = findByName(publishedWeights, name, 'weights get');
      const weights = { ...found, file: mirrored(found.file) };
      const file = await whileFetching((feedback) =>
        getWeights(weights, { cache: cacheFolder(), from, out }, feedback),
      );
      process.stdout.write(`${file}\n`);
    });
}

/** A line for each, in columns. */
function weightsTable(weights: readonly PublishedWeights[]): string {
  const rows = weights.map(({ name, description, file }) => [
    name,
    file.bytes === undefined ? '' : `${Math.round(file.bytes / 1e6)} MB`,
    file.checksum?.algorithm ?? 'no checksum',
    description,
    file.url,
  ]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
