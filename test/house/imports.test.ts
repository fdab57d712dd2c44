import { readdirSync } from 'node:fs';
import path from 'node:path';
import { init } from 'es-module-lexer';
import { beforeAll, describe, expect, it } from 'vitest';
import { doors, engineRooms } from './doors.ts';
import { type Import, importsIn, importsOf, lost } from './imports.ts';
import { circles, waysToNode, wrongWays } from './rules.ts';

const root = path.join(import.meta.dirname, '..', '..');

describe('the imports of src/ and web/src/', () => {
  let imports: Import[];
  beforeAll(async () => {
    imports = await importsOf(root, ['src', 'web/src']);
  });

  it('were all found', () => {
    expect(imports.length).toBeGreaterThan(1000);
    expect(lost(root, imports)).toEqual([]);
  });

  it('point one way, as test/house/doors.ts says', () => {
    expect(wrongWays(imports)).toEqual([]);
  });

  it('go round in no circle', () => {
    expect(circles(imports)).toEqual([]);
  });

  it('bring nothing of Node and no native code to the browser', () => {
    expect(waysToNode(imports)).toEqual([]);
  });
});

describe('src/', () => {
  it('has at most ten entries, each a door', () => {
    const entries = readdirSync(path.join(root, 'src'));
    expect(entries.length).toBeLessThanOrEqual(10);
    expect(entries).toEqual(Object.keys(doors).sort());
  });

  it('has in engine/ the rooms that doors.ts lists', () => {
    const rooms = readdirSync(path.join(root, 'src', 'engine'), { withFileTypes: true });
    const names = rooms.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(names).toEqual(Object.keys(engineRooms).sort());
  });
});

describe('the list of doors', () => {
  it.each([
    ['doors', doors],
    ['rooms of engine', engineRooms],
  ])('names, for each of the %s, only such as stand before it', (_, list) => {
    const names = Object.keys(list);
    for (const [i, name] of names.entries()) {
      for (const place of list[name]!) expect(names.slice(0, i), name).toContain(place.split('/')[0]);
    }
  });
});

describe('importsIn', () => {
  beforeAll(() => init());
  const read = (source: string) => importsIn('src/data/a.ts', source);

  it.each([
    ["import { a } from './b.ts';", 'src/data/b.ts', false],
    ["import type { A } from './b.ts';", 'src/data/b.ts', true],
    ["import '../base/b.ts';", 'src/base/b.ts', false],
    ["export { a } from './b.ts';", 'src/data/b.ts', false],
    ["export type { A } from './b.ts';", 'src/data/b.ts', true],
    ["export * from './b.ts';", 'src/data/b.ts', false],
    ["const a = (await import('./b.ts')).a;", 'src/data/b.ts', false],
    ["const a: import('./b.ts').A = 1;", 'src/data/b.ts', true],
    ["import path from 'node:path';", 'node:path', false],
  ])('reads %s', (source, to, isType) => {
    expect(read(source)).toEqual([{ from: 'src/data/a.ts', to, isType }]);
  });

  it('refuses an import whose file is computed', () => {
    expect(() => read('await import(name);')).toThrow('src/data/a.ts: got an import whose file is computed');
  });

  it('finds no import in comments and strings', () => {
    expect(read(`// import './b.ts';\nconst a = "import './b.ts'";\nconst url = import.meta.url;`)).toEqual(
      [],
    );
  });
});

describe('the rules, on imports that are made up', () => {
  const of = (...ways: [from: string, to: string, isType?: boolean][]): Import[] =>
    ways.map(([from, to, isType = false]) => ({ from, to, isType }));

  it.each([
    ['a door that comes later', 'src/engine/graph/graph.ts', 'src/networks/network.ts'],
    ['a door beside it', 'src/data/images/decode.ts', 'src/engine/graph/graph.ts'],
    ['another file than the one that is allowed', 'src/networks/network.ts', 'src/data/images/decode.ts'],
    ['a room of engine that comes later', 'src/engine/graph/graph.ts', 'src/engine/operators/relu.ts'],
    ['a room of engine beside it', 'src/engine/runtimes/session.ts', 'src/engine/graph/graph.ts'],
    ['the command line', 'src/library/index.ts', 'src/cli/main.ts'],
    ['the library', 'src/cli/main.ts', 'src/library/index.ts'],
    ['the page', 'src/library/web/index.ts', 'web/src/main.ts'],
  ])('refuse %s', (_, from, to) => {
    expect(wrongWays(of([from, to]))).toEqual([`${from} -> ${to}`]);
    expect(wrongWays(of([from, to, true]))).toEqual([`${from} -> ${to}`]);
  });

  it.each([
    ['src/engine/graph/graph.ts', 'src/base/tensor.ts'],
    ['src/engine/graph/encode.ts', 'src/engine/onnx/onnx_pb.ts'],
    ['src/networks/model-config.ts', 'src/data/input-config.ts'],
    ['src/weights/model.ts', 'src/weights/source.ts'],
    ['web/src/main.ts', 'src/library/web/index.ts'],
    ['src/data/datasets/open.ts', 'node:path'],
  ])('allow %s -> %s', (from, to) => {
    expect(wrongWays(of([from, to]))).toEqual([]);
  });

  it('find a circle, and the way round', () => {
    const edges = of(
      ['a.ts', 'b.ts'],
      ['b.ts', 'c.ts', true],
      ['b.ts', 'd.ts'],
      ['c.ts', 'b.ts'],
      ['d.ts', 'e.ts'],
    );
    expect(circles(edges)).toEqual([['b.ts', 'c.ts', 'b.ts']]);
  });

  it('find what brings Node to the browser, and the way to it', () => {
    const between = (isType: boolean) =>
      of(
        ['web/src/main.ts', 'src/weights/model.ts'],
        ['src/weights/model.ts', 'src/base/files.ts', isType],
        ['src/base/files.ts', 'node:fs'],
        ['src/cli/main.ts', 'sharp'],
      );
    const way = 'web/src/main.ts -> src/weights/model.ts -> src/base/files.ts -> node:fs';
    expect(waysToNode(between(false))).toEqual([way]);
    expect(waysToNode(between(true))).toEqual([]);
    expect(waysToNode(of(['src/library/web/pixels.ts', 'sharp']))).toHaveLength(1);
    expect(waysToNode(of(['src/library/web/pixels.ts', 'fs']))).toHaveLength(1);
  });
});
