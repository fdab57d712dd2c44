import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../../../src/engine/onnx/onnx_pb.ts';
import { saveModel } from '../../../src/weights/model-file.ts';
import { expectError, expectSuccess, fcn, temporaryFolder } from '../../cli/fcn.ts';
import { fcnInside } from '../../cli/inside.ts';
import { randomModel } from '../../weights/models.ts';
import { exported } from './exported.ts';

const model = randomModel({ model: 'fcn16s', width: 1 / 32, license: 'CC0' });
let folder: string;
let weights: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  weights = path.join(folder, 'weights.safetensors');
  await saveModel(weights, model);
});

const args = (out: string) => ['export', '--weights', weights, '--out', out];
const exportInside = (out: string) => fcnInside(...args(out));

describe('fcn export', () => {
  it('writes a file that says what it is, and says so itself', async () => {
    const out = path.join(folder, 'model.onnx');
    const outcome = await fcn(...args(out), '--scores');
    expectSuccess(outcome);
    const bytes = await readFile(out);
    expect(bytes.equals(exported(model))).toBe(true);
    const { metadataProps, graph } = fromBinary(ModelProtoSchema, bytes);
    expect(metadataProps.map(({ key }) => key)).toEqual(['fcn']);
    expect(JSON.parse(metadataProps[0]!.value)).toEqual(model.config);
    expect(graph!.initializer.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...model.weights.keys()]),
    );
    expect(outcome.stdout).toBe(
      [
        `${out}: fcn16s, 21 classes, ${(bytes.length / 1e6).toFixed(1)} MB`,
        'in   image    uint8 [1, height, width, 3], RGB',
        'out  classes  uint8 [1, height, width]',
        'out  scores   float32 [1, 21, height, width]',
        '',
      ].join('\n'),
    );
  });

  it('replaces an earlier file, and leaves out the scores unless they are asked for', async () => {
    const out = path.join(folder, 'replaced.ONNX');
    await writeFile(out, exported(model, true));
    expectSuccess(await exportInside(out));
    expect((await readFile(out)).equals(exported(model, false))).toBe(true);
  });

  it('refuses a file name of another kind before it reads anything', async () => {
    for (const name of ['model.pth', 'model', 'model.onnx.gz', '.onnx']) {
      const out = path.join(folder, name);
      const outcome = await fcnInside('export', '--weights', 'nowhere.safetensors', '--out', out);
      expectError(outcome, 2, `--out: got ${out}, expected a file name that ends in .onnx; `);
      expect(existsSync(out)).toBe(false);
    }
  });

  it('says which weights it cannot read, and writes nothing', async () => {
    const out = path.join(folder, 'none.onnx');
    const outcome = await fcnInside(
      'export',
      '--weights',
      path.join(folder, 'none.safetensors'),
      '--out',
      out,
    );
    expectError(outcome, 2, path.join(folder, 'none.safetensors'), /no such file/);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses weights that are no numbers: the file would give class 0 everywhere', async () => {
    const broken = randomModel();
    broken.weights.get('fc7.bias')!.data[5] = Number.NaN;
    const file = path.join(folder, 'nan.safetensors');
    await saveModel(file, broken);
    const out = path.join(folder, 'nan.onnx');
    const outcome = await fcnInside('export', '--weights', file, '--out', out);
    expectError(outcome, 2, `weights ${file}: got a value in fc7.bias that is not finite`);
    expect(existsSync(out)).toBe(false);
  });

  it('says why the disk refuses, and leaves nothing behind', async () => {
    const parent = await temporaryFolder();
    await mkdir(path.join(parent, 'folder.onnx'));
    expectError(await exportInside(path.join(parent, 'folder.onnx')), 2, /folder\.onnx, which is a folder/);
    await writeFile(path.join(parent, 'file'), '');
    expectError(await exportInside(path.join(parent, 'file', 'such.onnx')), 2, /file: it is not a folder/);
    expect((await readdir(parent)).sort()).toEqual(['file', 'folder.onnx']);
  });

  it('refuses more weights than an ONNX file may have', () => {
    const gigabytes = { ...model, weights: new Map(model.weights) };
    // Never touched, so never more than an address range.
    const data = new Float32Array(2 ** 30 + 1);
    gigabytes.weights.set('fc6.weight', { dtype: 'float32', shape: [data.length], data });
    expect(() => exported(gigabytes)).toThrow(/got \d{10} bytes of weights, expected at most 2146435072/);
  });

  it('names the options that are missing', async () => {
    expectError(await fcnInside('export', '--out', 'x.onnx'), 2, '--weights: got nothing');
    expectError(await fcnInside('export', '--weights', weights), 2, '--out: got nothing');
  });
});
