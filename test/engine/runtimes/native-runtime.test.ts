import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import { allocate, type Tensor } from '../../../src/base/tensor.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { initializeParameter } from '../../../src/engine/parameters/initialize.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import type { NamedTensors, Session } from '../../../src/engine/runtimes/session.ts';
import { compileInference } from '../../../src/networks/graphs/inference.ts';
import type { ModelConfig } from '../../../src/networks/model-config.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';
import { relativeDifference } from '../../fixtures.ts';

/** A narrow FCN-8s for images of one size, with buffers to run it on. */
function network(size: number, width: number) {
  const config: ModelConfig = {
    ...{ model: 'fcn8s', numClasses: 3, width, deconvolution: 'learned', classes: ['a', 'b', 'c'] },
    input: inputPresets.torchvision,
  };
  const weights: NamedTensors = Object.fromEntries(
    parametersOf(config).map((parameter) => {
      const { name, shape } = parameter;
      // Score layers start at zero; then every score would be, whatever is computed before.
      return [name, name.startsWith('score') ? waves(shape) : initializeParameter(parameter, 0)];
    }),
  );
  const graph = compileInference(config);
  return {
    weights,
    inputs: (height = size): NamedTensors => ({ ...weights, image: waves([1, 3, height, size]) }),
    outputs: (height = size) => ({ scores: allocate('float32', [1, 3, height, size]) }),
    createSession: (threads: number) => nativeRuntime.createSession(graph, { threads }),
  };
}

function waves(shape: readonly number[]): Tensor<'float32'> {
  const tensor = allocate('float32', shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.sin(i);
  return tensor;
}

function isZero({ data }: Tensor<'float32'>): boolean {
  return data.every((value) => value === 0);
}

const size = 96;
const { weights, inputs, outputs, createSession } = network(size, 1 / 8);

describe('a session', () => {
  let session: Session;
  beforeAll(async () => {
    session = await createSession(2);
    await session.run(inputs(), outputs());
  });
  afterAll(() => session.release());

  it('leaves the event loop free while it runs', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const started = performance.now();
    let runs = 0;
    // Several, so that the time does not depend on the machine; each blocks the loop if any does.
    for (; performance.now() - started < 300; runs++) await session.run(inputs(), outputs());
    clearInterval(timer);
    // A blocked loop gets none at all: timers wait for more than promises to settle.
    expect(ticks).toBeGreaterThan(runs);
  });

  it('queues runs that are started at once', async () => {
    const results = Array.from({ length: 3 }, () => outputs());
    await Promise.all(results.map((result) => session.run(inputs(), result)));
    const alone = outputs();
    await session.run(inputs(), alone);
    expect(isZero(alone.scores)).toBe(false);
    for (const { scores } of results) expect(scores.data).toEqual(alone.scores.data);
  });

  it('reads what an object holds that was given before, and writes where it is told each time', async () => {
    const given = inputs();
    const image = given.image as Tensor<'float32'>;
    const [first, second] = [outputs(), outputs()];
    await session.run(given, first);
    image.data.fill(0.5); // the same tensor with another content
    await session.run(given, second);
    expect(second.scores.data).not.toEqual(first.scores.data);
    const anew = outputs();
    await session.run({ ...given, image: { ...image, data: image.data.slice() } }, anew);
    expect(anew.scores.data).toEqual(second.scores.data);
  });

  it('takes images of another size', async () => {
    const results = outputs(40);
    await session.run(inputs(40), results);
    expect(isZero(results.scores)).toBe(false);
  });

  const wrong: [string, NamedTensors, NamedTensors, RegExp][] = [
    ['an output of a wrong shape', inputs(), outputs(size + 1), /shape/],
    [
      'an input of a wrong shape',
      { ...inputs(), image: allocate('float32', [1, 4, size, size]) },
      outputs(),
      /image/,
    ],
    [
      'an input of a wrong type',
      { ...inputs(), image: allocate('uint8', [1, 3, size, size]) },
      outputs(),
      /type/,
    ],
    ['an input that is missing', weights, outputs(), /image/],
    ['an input that is unknown', { ...inputs(), picture: allocate('float32', [1]) }, outputs(), /picture/],
    ['an output that is unknown', inputs(), { classes: allocate('float32', [1]) }, /classes/],
  ];
  it.each(wrong)(
    'refuses %s with an FcnError, and can be used afterwards',
    async (_, given, results, message) => {
      const error = await session.run(given, results).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(FcnError);
      expect(error).toMatchObject({ exitCode: 1, message: expect.stringMatching(message) });
      await expect(session.run(inputs(), outputs())).resolves.toBeUndefined();
    },
  );

  it('refuses a graph that is none', async () => {
    const graph = new TextEncoder().encode('<!doctype html>');
    await expect(nativeRuntime.createSession(graph, { threads: 1 })).rejects.toThrow(FcnError);
  });
});

describe('release', () => {
  it('makes further runs an error', async () => {
    const session = await createSession(1);
    await session.release();
    await expect(session.run(inputs(), outputs())).rejects.toThrow(/released/);
  });

  it('waits for a run that is under way, and may be repeated', async () => {
    const session = await createSession(1);
    const result = outputs();
    const run = session.run(inputs(), result);
    await session.release();
    await session.release();
    await expect(run).resolves.toBeUndefined();
  });

  it('gives the memory back', async () => {
    // Large enough that the allocator returns most of what is freed to the system.
    const { createSession, ...buffers } = network(512, 1 / 4);
    const [input, output] = [buffers.inputs(), buffers.outputs()];
    const usedSession = async () => {
      const session = await createSession(2);
      await session.run(input, output);
      return session;
    };
    const cycle = async () => (await usedSession()).release();
    const { rss } = process.memoryUsage;
    await cycle(); // loads the library
    const empty = rss();
    const session = await usedSession();
    const sessionBytes = rss() - empty;
    await session.release();
    expect(sessionBytes).toBeGreaterThan(20 * 2 ** 20);

    for (let i = 0; i < 4; i++) await cycle(); // the allocator keeps something for each of its threads
    const before = rss();
    for (let i = 0; i < 10; i++) await cycle();
    expect(rss() - before).toBeLessThan(5 * sessionBytes);
  });
});

describe('one thread', () => {
  it('computes what two compute, on a stack that it fits on', async () => {
    const given = inputs();
    const results = [];
    for (const threads of [1, 2]) {
      const session = await createSession(threads);
      const result = outputs();
      await session.run(given, result);
      await session.release();
      results.push(result.scores);
    }
    expect(relativeDifference(results[0]!, results[1]!)).toBeLessThan(1e-5);
    expect(isZero(results[0]!)).toBe(false);
  });
});
