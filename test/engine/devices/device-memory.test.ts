import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocate, tensorOf } from '../../../src/base/tensor.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import type { Session } from '../../../src/engine/runtimes/session.ts';
import { gpuTests, softwareGpu } from '../../software-gpu.ts';

/** y = x - d, of vectors. */
function difference(): Uint8Array {
  const graph = new Graph();
  const [x, d] = ['x', 'd'].map((name) => graph.input(name, 'float32', ['length']));
  graph.output('y', graph.emit('Sub', [x!, d!]), 'float32', ['length']);
  return encodeModel(graph, 'difference');
}

const { missing, name } = gpuTests('tensors on a device');

describe.skipIf(missing)(name, () => {
  let session: Session;
  beforeAll(async () => {
    session = await softwareGpu().createSession(difference(), { threads: 1 });
  });
  afterAll(() => session.release());
  const vector = (...values: number[]) => tensorOf('float32', [values.length], values);

  it('are written, computed with from run to run, and read', async () => {
    const memory = session.memory!;
    const [a, b] = [memory.allocate('float32', [3]), memory.allocate('float32', [3])];
    await memory.write([vector(1, 2, 3)], [a]);
    const d = vector(0.5, 0.5, 1);
    await session.run({ x: a, d }, { y: b });
    await session.run({ x: b, d }, { y: a });
    const result = allocate('float32', [3]);
    await session.run({ x: a, d }, { y: result });
    expect([...result.data]).toEqual([-0.5, 0.5, 0]);
    await memory.read([b, a], [allocate('float32', [3]), result]);
    expect([...result.data]).toEqual([0, 1, 1]);
  });

  it('have other shapes in the same memory', async () => {
    const memory = session.memory!;
    const matrix = memory.allocate('float32', [2, 2]);
    const flat = matrix.reshaped([4]);
    expect([matrix.shape, flat.shape, flat.device]).toEqual([[2, 2], [4], 'webgpu']);
    await memory.write([vector(4, 3, 2, 1)], [matrix]);
    const result = allocate('float32', [4]);
    await session.run({ x: flat, d: vector(1, 1, 1, 1) }, { y: result });
    expect([...result.data]).toEqual([3, 2, 1, 0]);
  });

  it('are read by other sessions, and freed with their own', async () => {
    const other = await softwareGpu().createSession(difference(), { threads: 1 });
    const lent = other.memory!.allocate('float32', [2]);
    await other.memory!.write([vector(5, 7)], [lent]);
    const result = allocate('float32', [2]);
    await session.run({ x: lent, d: vector(1, 1) }, { y: result });
    expect([...result.data]).toEqual([4, 6]);
    await other.release();
    await expect(async () => session.run({ x: lent, d: vector(1, 1) }, { y: result })).rejects.toThrow(
      'its session was released',
    );
  });

  it('are not written in place: WebGPU says so', async () => {
    const tensor = session.memory!.allocate('float32', [2]);
    const inPlace = session.run({ x: tensor, d: vector(1, 1) }, { y: tensor });
    await expect(inPlace).rejects.toThrow(/includes writable usage and another usage/);
  });
});

it('the CPU has no memory of its own', async () => {
  const session = await nativeRuntime.createSession(difference(), { threads: 1 });
  expect([nativeRuntime.device, session.memory]).toEqual(['cpu', undefined]);
  await session.release();
});
