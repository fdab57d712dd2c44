import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';

/** Everything that a run left, without what depends on the clock. */
export async function tracesOf(run: string) {
  const text = (name: string) => readFile(path.join(run, name), 'utf8');
  const bytes = async (name: string) => (await readFile(path.join(run, name))).toString('base64');
  const checkpoint = await newestCheckpoint(run);
  const { tensors } = await readSafetensors(path.join(run, 'checkpoints', checkpoint!));
  return {
    // The checkpoint before the newest is one of the moment at which a run was stopped.
    files: (await readdir(run, { recursive: true }))
      .filter((name) => !/iteration-/.test(name) || name.endsWith(checkpoint!))
      .sort(),
    log: withoutColumn(await text('log.csv'), 'elapsed_s'),
    validations: await text('val.csv'),
    bestMetrics: await text('best.json'),
    best: await bytes('best.safetensors'),
    last: await bytes('last.safetensors'),
    state: [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')]),
  };
}

/** The name of the last checkpoint of a run, of which two are kept. */
export async function newestCheckpoint(run: string): Promise<string | undefined> {
  const names = await readdir(path.join(run, 'checkpoints'));
  const numberOf = (name: string) => Number(/^iteration-(\d+)\.safetensors$/.exec(name)?.[1] ?? -1);
  return names
    .filter((name) => numberOf(name) >= 0)
    .sort((a, b) => numberOf(a) - numberOf(b))
    .at(-1);
}

function withoutColumn(csv: string, column: string): string[][] {
  const rows = csv.split('\n').map((line) => line.split(','));
  const index = rows[0]!.indexOf(column);
  return rows.map((cells) => cells.filter((_, i) => i !== index));
}

/** Complete rows in the log of a run so far. */
export async function iterationsOf(run: string): Promise<number> {
  const file = path.join(run, 'log.csv');
  if (!existsSync(file)) return 0;
  return (await readFile(file, 'utf8')).split('\n').length - 2;
}
