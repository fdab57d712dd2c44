import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { FcnError, inputError } from '../base/errors.ts';
import { removeFile } from '../base/files.ts';
import { parseJson } from '../base/parse-json.ts';
import { inShell } from '../base/shell.ts';
import { sizeOf, type Tensor } from '../base/tensor.ts';
import { kindsOf } from '../engine/optimizers/optimizer.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import { stateNames } from '../engine/training/names.ts';
import type { TrainingState } from '../engine/training/state.ts';
import { learnedParameters } from '../networks/learned-parameters.ts';
import { optimizerOf, type UpdateConfig } from '../networks/update-rules.ts';
import { readSafetensors, type Safetensors, writeSafetensors } from '../weights/safetensors/safetensors.ts';
import type { RunConfig } from './run-config.ts';
import { checkpointName, type RunFolder } from './run-folder.ts';

/**
 * All that changes while a run goes on. Orders, crops and dropout masks are functions of the seed and the iteration
 * alone (rng.ts), so there is no random state to keep.
 */
export interface Checkpoint {
  /** Updates that were made. */
  readonly iteration: number;
  readonly elapsedSeconds: number;
  /** The most that the run has held in memory so far. */
  readonly peakMemoryBytes: number;
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** The optimizer's state and the moving averages of the weights: by kind, then by parameter name, flat. */
  readonly kinds: TrainingState['kinds'];
}

const progressSchema = z.object({
  iteration: z.int().nonnegative(),
  elapsedSeconds: z.number(),
  peakMemoryBytes: z.number().default(0),
});

/**
 * Writes a checkpoint, then removes all but the one before: should a disk damage the newest, a run loses what it made since
 * the other. The logs are flushed first, so that they reach as far as the checkpoint does.
 */
export async function saveCheckpoint(run: RunFolder, checkpoint: Checkpoint): Promise<void> {
  const { weights, kinds, ...progress } = checkpoint;
  const { iteration } = progress;
  run.log.flush();
  run.validations.flush();
  const file = path.join(run.checkpoints, `iteration-${iteration}.safetensors`);
  const state = [...kinds].flatMap(([kind, ofKind]) =>
    [...ofKind].map(([name, tensor]) => [stateNames.of(kind, name), tensor] as const),
  );
  const training = JSON.stringify(progress);
  await writeSafetensors(file, [...weights, ...state], { training });
  const all = await listCheckpoints(run);
  const before = all.findLast((other) => other.iteration < iteration);
  // One of a later iteration is damaged: this run has gone on from one before it.
  const kept = [file, before?.file];
  for (const other of all) if (!kept.includes(other.file)) await removeFile(other.file);
}

/**
 * The newest checkpoint of a run that can be read, or undefined when it has none yet.
 * @param onDamaged is told of those that are passed over, a sentence each
 * @throws FcnError when there are some and none can be read, or when one is of another run.
 */
export async function loadCheckpoint(
  run: RunFolder,
  parameters: readonly Parameter[],
  config: UpdateConfig & Pick<RunConfig, 'frozen'>,
  onDamaged: (what: string) => void = () => {},
): Promise<Checkpoint | undefined> {
  const all = await listCheckpoints(run);
  const damaged: string[] = [];
  for (const { file } of all.reverse()) {
    const content = await readSafetensors(file).catch((thrown) => {
      if (!(thrown instanceof FcnError)) throw thrown; // out of memory
      damaged.push(thrown.message);
      return undefined;
    });
    if (!content) continue;
    for (const what of damaged) onDamaged(`${what}; the run continues from the one before, ${file}`);
    return checkpointIn(file, content, parameters, config);
  }
  if (damaged.length === 0) return undefined;
  throw inputError(
    `--resume: got no checkpoint in ${run.checkpoints} that can be read (${damaged.join('; ')}), expected one of the last ` +
      `two; start a new run with --init ${inShell(run.last)}`,
  );
}

function checkpointIn(
  file: string,
  { tensors, metadata }: Safetensors,
  parameters: readonly Parameter[],
  config: UpdateConfig & Pick<RunConfig, 'frozen'>,
): Checkpoint {
  const take = (name: string, size: number) => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'float32' || sizeOf(tensor.shape) !== size) {
      throw inputError(
        `${file}: expected ${name} with ${size} float32 values; the checkpoint belongs to another run`,
      );
    }
    return tensor as Tensor<'float32'>;
  };
  const progress = parseJson(progressSchema, metadata.training ?? '', `checkpoint ${file}`);
  const weights = parameters.map(({ name, shape }) => [name, take(name, sizeOf(shape))] as const);
  const learned = learnedParameters(parameters, config.frozen);
  const kinds = kindsOf(optimizerOf(config)).map((kind) => {
    const ofKind = learned.map(({ name, shape }) => {
      return [name, take(stateNames.of(kind, name), sizeOf(shape))] as const;
    });
    return [kind, new Map(ofKind)] as const;
  });
  return { ...progress, weights: new Map(weights), kinds: new Map(kinds) };
}

/** The iteration of the newest checkpoint of a run, or undefined when it has none yet. */
export async function checkpointIteration(run: RunFolder): Promise<number | undefined> {
  return (await listCheckpoints(run)).at(-1)?.iteration;
}

/** Oldest first. */
async function listCheckpoints(run: RunFolder): Promise<{ file: string; iteration: number }[]> {
  const names = existsSync(run.checkpoints) ? await readdir(run.checkpoints) : [];
  return names
    .flatMap((name) => {
      const iteration = checkpointName.exec(name)?.[1];
      return iteration ? [{ file: path.join(run.checkpoints, name), iteration: Number(iteration) }] : [];
    })
    .sort((a, b) => a.iteration - b.iteration);
}
