import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';

/** Everything that a run left, without what depends on the clock. */
export async function tracesOf(run: string) {
  const text = (name: string) => readFile(path.join(run, name), 'utf8');
  const bytes = async (name: string) => (await readFile(path.join(run, name))).toString('base64');
  const checkpoint = (await readdir(path.join(run, 'checkpoints'))).find((name) => /^iteration-/.test(name));
  const { tensors } = await readSafetensors(path.join(run, 'checkpoints', checkpoint!));
  return {
    files: (await readdir(run, { recursive: true })).sort(),
    log: withoutColumn(await text('log.csv'), 'elapsed_s'),
    validations: await text('val.csv'),
    bestMetrics: await text('best.json'),
    best: await bytes('best.safetensors'),
    last: await bytes('last.safetensors'),
    state: [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')]),
  };
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
