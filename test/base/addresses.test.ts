import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { addressLimit, makeDoWithAddresses, usableAddresses } from '../../src/base/addresses.ts';
import { endedWell, fcnWithin } from '../attack/ladder.ts';
import { expectSuccess, temporaryFolder } from '../cli/fcn.ts';
import { fcnInside } from '../cli/inside.ts';

describe('a limit on addresses', () => {
  it('is what the shell says', { timeout: 60_000 }, async () => {
    expect(addressLimit()).toBeUndefined(); // of the tests
    const { code, stderr } = await fcnWithin(1100, ['--version']);
    if (process.platform !== 'linux') return;
    expect(stderr).toMatch(
      /^fcn: memory: got a limit of 1\.1 GB on addresses \(ulimit -v\), expected at least /,
    );
    expect(code).toBe(1);
  });

  it('that is too low is refused, and one that is not is made do with', async () => {
    await expect(makeDoWithAddresses(1e9)).rejects.toThrow(
      'memory: got a limit of 1.0 GB on addresses (ulimit -v), expected at least 1.3 GB; raise it, or limit the memory itself with a cgroup',
    );
    await makeDoWithAddresses(undefined);
  });

  it('leaves less for memory than it says', () => {
    expect(usableAddresses(undefined)).toBeUndefined();
    expect(usableAddresses(3e9)).toBe(1.8e9);
    expect(usableAddresses(5e8)).toBe(0);
  });

  it.skipIf(process.platform !== 'linux').each([
    ['a run that cannot fit', 2000, ['--width', '2', '--crop', '224x224']],
    ['a run that fits', 6000, ['--width', '0.02', '--crop', '32x32']],
  ])('lets %s end well or in a sentence', { timeout: 180_000 }, async (_, megabytes, settings) => {
    const training = [
      'train',
      '--data',
      'shapes:?train=2&val=1&size=32',
      '--model',
      'fcn8s',
      '--threads',
      '1',
      ...settings,
    ];
    const ended = await fcnWithin(megabytes, [...training, '--dry-run']);
    expect(endedWell(ended), ended.stderr).toBe(true);
    expect(ended.code).toBe(megabytes === 2000 ? 2 : 0);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves predictions as they are, without WebAssembly',
    { timeout: 60_000 },
    async () => {
      const folder = await temporaryFolder();
      const image = path.join(folder, 'image.png');
      const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
      await sharp({ create: { width: 90, height: 70, channels: 3, noise, background: 'gray' } }).toFile(
        image,
      );
      const predict = (out: string) => ['predict', image, '--out', path.join(folder, out)];
      expectSuccess(await fcnInside(...predict('free')));
      const free = await readFile(path.join(folder, 'free', 'image.png'));
      // Less than WebAssembly reserves, and hardly more.
      for (const megabytes of [3000, 12_000]) {
        expect(await fcnWithin(megabytes, predict(`${megabytes}`))).toMatchObject({ code: 0 });
        expect(await readFile(path.join(folder, `${megabytes}`, 'image.png'))).toEqual(free);
      }
    },
  );
});
