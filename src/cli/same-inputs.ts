import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { checkSame, together } from '../base/mpi/agreement.ts';
import type { Communicator } from '../base/mpi/communicator.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { digestOf } from '../training/data-digest.ts';

/** Refuses a rank whose weights or data are not those of rank 0. @throws FcnError (exit code 2, of all ranks) naming it */
export async function checkSameInputs(
  world: Communicator,
  { weights, dataset, images = [] }: { weights: string; dataset?: Dataset; images?: readonly string[] },
): Promise<void> {
  const digests = await together(world, async () => ({
    'weights file (digest)': await digestOfFile(weights),
    ...(dataset && { 'split (digest)': digest(JSON.stringify(await digestOf(dataset))) }),
    'sizes of images (digest)': digest((await Promise.all(images.map(sizeOfFile))).join()),
  }));
  await checkSame(world, digests, 'give every machine the same files');
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(part);
  return hash.digest('hex').slice(0, 8);
}

/** Of one that is missing, no number: it is named when its turn comes. */
async function sizeOfFile(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
