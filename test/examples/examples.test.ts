import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { InferenceSession } from 'onnxruntime-node';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserTests, startBrowser } from '../web/browser.ts';
import { servePage } from '../web/built-page.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs an example as its first lines say, in a folder of the test's own. @returns the lines that it prints */
async function run(example: string, ...options: string[]): Promise<string[]> {
  const loader = path.join(root, 'node_modules/tsx/dist/loader.mjs');
  const program = path.join(root, 'examples', example);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, program, ...options], {
    cwd: folder,
  });
  return stdout.trim().split('\n');
}

const numberIn = (line: string | undefined) => Number(/[\d.]+/.exec(line ?? '')?.[0]);

it('digits.ts reads nearly all digits that it has not seen', async () => {
  expect(numberIn((await run('digits.ts')).at(-1))).toBeGreaterThanOrEqual(180);
});

it('u-net.ts finds disks, and writes a network that stock ONNX Runtime runs', async () => {
  expect(numberIn((await run('u-net.ts')).at(-1))).toBeGreaterThan(0.7);
  const session = await InferenceSession.create(path.join(folder, 'u-net.onnx'));
  expect(session.inputNames).toEqual(['image']);
  expect(session.outputNames).toEqual(['scores']);
});

it('own-data.ts trains on images of its own, and writes a network that stock ONNX Runtime runs', async () => {
  expect(numberIn((await run('own-data.ts')).at(-1))).toBeGreaterThan(0.5);
  const session = await InferenceSession.create(path.join(folder, 'own-data/disks.onnx'));
  expect(session.inputNames).toEqual(['image']);
});

it('amortization.ts computes a grid of outputs in both ways', async () => {
  const [times, ratio] = await run('amortization.ts', '0.03');
  expect(times).toMatch(/^10x10 outputs at once: \d+ ms; patch by patch: \d+ ms$/);
  expect(ratio).toMatch(/^ratio \d+\.\d$/);
});

it('dense-scores.ts gives every pixel the same scores by shifted images and by rarefied filters', async () => {
  const [shifted, rarefied, finer] = await run('dense-scores.ts', '0.2');
  expect(shifted).toMatch(/^shift and stitch: 96x96 scores in \d+ ms$/);
  expect(rarefied).toMatch(/^rarefied filters: 96x96 in \d+ ms, difference /);
  expect(finer).toMatch(/^last stride of 1: 24x24, difference /);
  for (const line of [rarefied, finer]) expect(Number(line!.split(' ').at(-1))).toBeLessThan(1e-5);
});

const { missing, name } = browserTests('anywhere/');

describe.skipIf(missing)(name, () => {
  it('trains in a page as it does in Node', async () => {
    const expected: number[] = JSON.parse((await run('anywhere/node.ts')).at(-1)!);
    expect(expected.at(-1)).toBeLessThan(0.2);
    const found = await lossesInPage();
    expect(found).toHaveLength(expected.length);
    found.forEach((loss, step) => {
      expect(Math.abs(loss - expected[step]!) / expected[step]!, `step ${step}`).toBeLessThan(1e-3);
    });
  });

  /** Bundles the example with nothing but Vite's defaults, and opens it. */
  async function lossesInPage(): Promise<number[]> {
    const outDir = path.join(folder, 'page');
    const example = path.join(root, 'examples/anywhere');
    await build({
      root: example,
      base: './',
      configFile: false,
      logLevel: 'error',
      build: { outDir, target: 'es2022' },
    });
    const server = await servePage(outDir, false);
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(server.address);
      const log = page.locator('pre[data-losses]');
      await log.waitFor({ timeout: 50_000 });
      return JSON.parse((await log.getAttribute('data-losses'))!);
    } finally {
      await browser.close();
      await server.close();
    }
  }
});
