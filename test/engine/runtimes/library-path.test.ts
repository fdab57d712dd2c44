import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import { findLibrary } from '../../../src/engine/runtimes/native/library-path.ts';

describe('findLibrary', () => {
  it.each([
    ['linux', 'x64', /^libonnxruntime\.so\.1$/],
    ['darwin', 'arm64', /^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/],
    ['win32', 'x64', /^onnxruntime\.dll$/],
  ] as const)('finds the library for %s-%s in the installed package', (platform, arch, name) => {
    const file = findLibrary(platform, arch);
    expect(path.basename(file)).toMatch(name);
    expect(existsSync(file)).toBe(true);
  });

  it.each([
    ['sunos', 'sparc'],
    ['linux', 'mips'],
  ] as const)('says for %s-%s which platforms there are', (platform, arch) => {
    const find = () => findLibrary(platform, arch);
    expect(find).toThrow(FcnError);
    expect(find).toThrow(new RegExp(`no library for ${platform}-${arch} .*linux-x64.*; use one of these`));
  });

  it('says when the package holds none', () => {
    expect(() => findLibrary('linux', 'x64', '/no/such/folder')).toThrow(/no library .*which has none/);
  });
});
