import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { useHugePages } from '../../src/base/huge-pages.ts';
import { memoryCalls } from '../../src/base/memory-calls.ts';
import { randomModel } from '../../src/cli/bench/random-model.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';

const knowsHugePages = existsSync('/sys/kernel/mm/transparent_hugepage');

/** The pieces of this process's memory for which it asked for huge pages: [start, end]. */
function hugePieces(): [number, number][] {
  const pieces = readFileSync('/proc/self/smaps', 'latin1').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  return pieces
    .filter((piece) => /^VmFlags:.* hg\b/m.test(piece))
    .map((piece) => {
      const [start, end] = piece.split(' ', 1)[0]!.split('-');
      return [Number.parseInt(start!, 16), Number.parseInt(end!, 16)];
    });
}

it.runIf(knowsHugePages)('huge pages are asked for, for whole pages', () => {
  const memory = new Uint8Array(2 ** 26);
  const address = Number(memoryCalls().memset(memory, 0, 0));
  const middle = address + memory.length / 2;
  const isHuge = () => hugePieces().some(([start, end]) => middle >= start && middle < end);
  expect(isHuge()).toBe(false);
  useHugePages(address + 1000, memory.length - 1000);
  expect(isHuge()).toBe(true);
});

it.runIf(knowsHugePages)('huge pages are what sessions compute in', async () => {
  const arenas = () => hugePieces().filter(([start, end]) => end - start > 2 ** 26).length;
  expect(arenas()).toBe(0);
  const graph = compileInference(randomModel('fcn8s-mobilenetv2', 1 / 4, 3).config);
  const session = await nativeRuntime.createSession(graph, { threads: 1 });
  expect(arenas()).toBe(1);
  await session.release();
});
