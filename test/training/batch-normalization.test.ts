import { expect, it } from 'vitest';
import { parametersOf } from '../../src/networks/parameters.ts';
import { train } from '../../src/training/train.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { tinyRun } from './tiny-run.ts';

const small = { model: 'fcn-resnet50', width: 1 / 32 } as const;
const isRunning = (name: string) => /\.running_(mean|var)$/.test(name);

async function lastOf(accumulate: number, iterations: number, stopAfter?: number) {
  const overrides = {
    duration: { iterations },
    accumulate,
    auxiliary: 0.5,
    trainSize: { mode: 'native' },
  } as const;
  const { run, prepared } = await tinyRun(overrides, { ...small, validateEvery: 0, checkpointEvery: 0 });
  let made = 0;
  if (stopAfter !== undefined) {
    const events = { onIteration: () => void made++ };
    const parted = await train({ ...prepared, run, events, shouldStop: () => made === stopAfter });
    expect(parted.finished).toBe(false);
  }
  await train({ ...prepared, run });
  const { tensors } = await readSafetensors(run.last);
  return { first: prepared.weights, tensors, model: prepared.config.model };
}

it('running averages go through checkpoints to the bit, two batches to an update', async () => {
  const whole = await lastOf(2, 3);
  const parted = await lastOf(2, 3, 2);
  expect(parted.tensors).toEqual(whole.tensors);
  const names = parametersOf(whole.model).map(({ name }) => name);
  expect([...whole.tensors.keys()].sort()).toEqual([...names].sort());
  const moved = names.filter(isRunning).filter((name) => {
    return (whole.tensors.get(name)!.data as Float32Array).some(
      (value) => value !== (/var$/.test(name) ? 1 : 0),
    );
  });
  expect(moved).toHaveLength(names.filter(isRunning).length);
});

it('stays where it is told to go by its running averages', async () => {
  const overrides = {
    duration: { iterations: 2 }, // scores start at zero, so that what is before them learns from the second update on
    normalization: 'running',
    trainSize: { mode: 'native' },
  } as const;
  const { run, prepared } = await tinyRun(overrides, { ...small, validateEvery: 0 });
  const before = new Map([...prepared.weights].map(([name, { data }]) => [name, Float32Array.from(data)]));
  await train({ ...prepared, run });
  const { tensors } = await readSafetensors(run.last);
  for (const [name, start] of before) {
    if (isRunning(name)) expect(tensors.get(name)!.data, name).toEqual(start);
  }
  expect(tensors.get('head_bn.bias')!.data).not.toEqual(before.get('head_bn.bias'));
});
