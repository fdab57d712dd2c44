import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import { findLibrary, libraryPackage, platforms } from '../../../src/engine/runtimes/native/library-path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fcn-library-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const onnxruntimeNode = path.resolve('node_modules/onnxruntime-node');
const published = (name: string) => (name === 'onnxruntime-node' ? onnxruntimeNode : undefined);

/** The first bytes of programs: ELF, Mach-O for ARM64, and those of Windows. */
const magic: Record<string, string> = { linux: '7f454c46', darwin: 'cffaedfe0c000001', win32: '4d5a' };

describe('findLibrary', () => {
  it.each(platforms)('finds the library for %s in onnxruntime-node', (platform) => {
    const bytes = readFileSync(findLibrary(platform, published)).subarray(0, 8).toString('hex');
    expect(bytes.startsWith(magic[platform.split('-')[0]!]!)).toBe(true);
  });

  it.each([
    ['linux-x64', 'libonnxruntime.so.1'],
    ['darwin-arm64', 'libonnxruntime.1.30.0.dylib'],
    ['win32-arm64', 'onnxruntime.dll'],
  ])('takes the package for %s first', (platform, name) => {
    const own = path.join(folder, libraryPackage(platform));
    mkdirSync(own);
    const locate = (wanted: string) => (wanted === libraryPackage(platform) ? own : published(wanted));
    expect(findLibrary(platform, locate).startsWith(onnxruntimeNode)).toBe(true); // while it is empty
    writeFileSync(path.join(own, name), '');
    expect(findLibrary(platform, locate)).toBe(path.join(own, name));
  });

  it.each(['sunos-sparc', 'linux-mips', 'darwin-x64'])(
    'says for %s which platforms there are',
    (platform) => {
      const find = () => findLibrary(platform, published);
      expect(find).toThrow(FcnError);
      expect(find).toThrow(
        new RegExp(`got the platform ${platform}, expected .*linux-x64.*; use one of these`),
      );
    },
  );

  it('names the package to install when there is no library', () => {
    expect(() => findLibrary('win32-x64', () => undefined)).toThrow(
      /no library for win32-x64, expected the package fcn-onnxruntime-win32-x64; install/,
    );
  });
});
