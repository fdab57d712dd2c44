import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import { findLauncher } from '../base/mpi/launcher.ts';
import { inShell } from '../base/shell.ts';
import { countDataset, hasScheme } from '../data/datasets/open.ts';
import { recognize } from '../data/datasets/recognize.ts';
import { say } from './say.ts';

/**
 * Where a command is given a data set without a scheme, recognizes its format, says so on standard error, and goes on
 * with the scheme, so that the run's configuration has it.
 */
export async function nameFormat(command: Command): Promise<void> {
  const { data } = command.opts();
  if (typeof data === 'string') {
    // With its source: whoever asks must still learn that the user gave it.
    command.setOptionValueWithSource('data', await withScheme(data), command.getOptionValueSource('data'));
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (argument.name() === 'spec')
      command.processedArgs[index] = await withScheme(command.processedArgs[index]);
  }
}

async function withScheme(data: string): Promise<string> {
  // What is neither is refused where it is opened.
  if (hasScheme(data) || !existsSync(data)) return data;
  const { spec, others } = await recognize(data);
  if ((findLauncher()?.rank ?? 0) > 0) return spec; // one of the ranks says it for all
  const { images, classes } = await countDataset(spec);
  const also = others.length > 0 ? `; it can also be read as ${others.map(inShell).join(' or ')}` : '';
  const scheme = spec.slice(0, spec.indexOf(':'));
  const kind =
    scheme === 'folder'
      ? 'folder of images and masks'
      : `${scheme} ${statSync(data).isFile() ? 'file' : 'folder'}`;
  say(
    `data: ${data} is a ${kind} (${counted(images, 'image')}, ${counted(classes, 'class', 'classes')}); use ` +
      `${inShell(spec)} to be sure${also}`,
  );
  return spec;
}
