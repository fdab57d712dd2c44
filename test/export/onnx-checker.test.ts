import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { modelNames } from '../../src/config/model-names.ts';
import { temporaryFolder } from '../data/helpers.ts';
import { randomModel } from '../weights/models.ts';
import { exported } from './exported.ts';

const python = ['python3', '/usr/bin/python3'].find(hasOnnx);
const missing = process.env.FCN_TEST_REQUIRE !== 'all' && python === undefined;
const name = `the ONNX checker${missing ? ' (needs python3-onnx: apt-get install python3-onnx)' : ''}`;

describe.skipIf(missing)(name, () => {
  it.each(modelNames)('accepts an exported %s and finds everything in it', async (model) => {
    const { config, weights } = randomModel({ model, license: 'CC0 \u{1f44d}' });
    const [first] = weights.keys();
    const found = await inspect(exported({ config, weights }), first!);
    expect(found).toMatchObject({
      irVersion: 8,
      opsets: { '': 17 },
      domains: [''],
      inputs: { image: ['UINT8', [1, 'height', 'width', 3]] },
      outputs: {
        classes: ['UINT8', [1, 'height', 'width']],
        scores: ['FLOAT', [1, 21, 'height', 'width']],
      },
      unused: [],
    });
    expect(found.inferredOutputs).toEqual(found.outputs);
    expect(JSON.parse(found.metadata.fcn!)).toEqual(config);
    expect(found.text).toContain('0 background, 1 aeroplane,');
    const shapes = Object.fromEntries([...weights].map(([key, { shape }]) => [key, [...shape]]));
    expect(found.initializers).toMatchObject(shapes);
    expect(found.weight).toEqual([...weights.get(first!)!.data]);
  });

  it('accepts a network without scores', async () => {
    const { outputs } = await inspect(exported(randomModel(), false), 'conv1_1.weight');
    expect(outputs).toEqual({ classes: ['UINT8', [1, 'height', 'width']] });
  });
});

/** What inspect_onnx.py prints. Signatures are element type and dimensions. */
interface Findings {
  metadata: Record<string, string>;
  text: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  inferredOutputs: Record<string, unknown>;
  initializers: Record<string, number[]>;
  weight: number[];
}

async function inspect(model: Uint8Array, weight: string): Promise<Findings> {
  const file = path.join(await temporaryFolder(), 'model.onnx');
  await writeFile(file, model);
  const script = path.join(import.meta.dirname, 'inspect_onnx.py');
  const { stdout } = await promisify(execFile)(python ?? 'python3', [script, file, weight], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}

function hasOnnx(candidate: string): boolean {
  try {
    execFileSync(candidate, ['-c', 'import onnx'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
