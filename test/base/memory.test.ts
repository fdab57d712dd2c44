import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failure, inputError } from '../../src/base/errors.ts';
import { cgroupLimit, inBytes, lacksMemory, memoryFailure } from '../../src/base/memory.ts';

const mount = await mkdtemp(path.join(tmpdir(), 'fcn-cgroup-'));
afterAll(() => rm(mount, { recursive: true }));

async function limits(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(mount, 'tree-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

describe('the limit of the cgroup', () => {
  it('of version 2 is the least on the way up', async () => {
    const tree = await limits({
      'a/memory.max': '3000000\n',
      'a/b/memory.max': 'max\n',
      'a/b/c/memory.max': '5000000\n',
    });
    expect(cgroupLimit('0::/a/b/c\n', tree)).toEqual({ version: 2, bytes: 3000000 });
    expect(cgroupLimit('0::/\n', tree)).toBeUndefined();
  });

  it('of version 1 is that of the memory controller', async () => {
    const tree = await limits({
      'memory/x/memory.limit_in_bytes': '700000\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    const text = '5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n';
    expect(cgroupLimit(text, tree)).toEqual({ version: 1, bytes: 700000 });
    expect(cgroupLimit(text.replace('memory', 'pids'), tree)).toBeUndefined();
  });

  it('is that of the root where a container has the paths of its host', async () => {
    const tree = await limits({ 'memory.max': '4000000\n' });
    expect(cgroupLimit('0::/docker/0123abcd\n', tree)).toEqual({ version: 2, bytes: 4000000 });
    expect(cgroupLimit('0::/../../x\n', tree)).toEqual({ version: 2, bytes: 4000000 });
  });

  it('is none where there are no cgroups', () => {
    expect(cgroupLimit(undefined, mount)).toBeUndefined();
    expect(cgroupLimit('garbage\n', mount)).toBeUndefined();
  });
});

/** What this Node says when an array is too large. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

describe('memory that cannot be had', () => {
  it.each([
    ['an array buffer', thrownBy(() => new ArrayBuffer(2 ** 52))],
    ['a typed array', thrownBy(() => new Float32Array(2 ** 40))],
    ['a string', thrownBy(() => 'x'.repeat(2 ** 30))],
    ['WebAssembly', thrownBy(() => new WebAssembly.Memory({ initial: 65537 }))],
    ['C++', new Error('std::bad_alloc')],
    [
      'ONNX Runtime',
      failure('ONNX Runtime: running the graph failed: Failed to allocate memory for requested buffer'),
    ],
    ['libvips, of threads', new Error('glib: Error creating thread: Resource temporarily unavailable')],
    ['the system', Object.assign(new Error('spawn'), { code: 'ENOMEM' })],
    ['a cause', failure('cannot do it', new Error('std::bad_alloc'))],
  ])('is told by what %s says', (_, thrown) => {
    expect(lacksMemory(thrown)).toBe(true);
    const { message, exitCode } = memoryFailure(thrown);
    expect(message).toMatch(/^memory: got .*, expected one that fits into .*; lower the image size/);
    expect(exitCode).toBe(1);
  });

  it('names the file in which it was asked for', () => {
    const thrown = inputError(
      'label a.png: damaged PNG (x)',
      new RangeError('Array buffer allocation failed'),
    );
    expect(memoryFailure(thrown).message).toMatch(/^label a\.png: memory: got/);
  });

  it('is not what a damaged file asks for', () => {
    expect(lacksMemory(inputError('file a: damaged', new RangeError('Invalid typed array length: -5')))).toBe(
      false,
    );
    expect(lacksMemory(inputError('folder: got a file called out of memory.png'))).toBe(false);
    expect(lacksMemory(new Error('anything else'))).toBe(false);
  });
});

describe('bytes for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [25_276_502_016, '25 GB'],
    [812e6, '812 MB'],
    [1.5e12, '1.5 TB'],
    [Number.POSITIVE_INFINITY, 'more than 1000 PB'],
  ])('%d', (bytes, text) => expect(inBytes(bytes)).toBe(text));
});
