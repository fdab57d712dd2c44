import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { backboneOf } from '../../../src/networks/backbones/backbones.ts';
import { foldNormalization } from '../../../src/networks/fold-normalization.ts';
import { modelNames } from '../../../src/networks/model-names.ts';
import { temporaryFolder } from '../../data/helpers.ts';
import { randomModel } from '../../weights/models.ts';
import { exported } from './exported.ts';
import { describeOnnxChecker, type Findings, inspectOnnx } from './inspect-onnx.ts';

describeOnnxChecker(() => {
  it.each(modelNames)('accepts an exported %s and finds everything in it', async (model) => {
    const { config, weights } = randomModel({ model, license: 'CC0 \u{1f44d}' });
    const folded = foldNormalization(backboneOf(model).layers, weights);
    const [first] = folded.keys();
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
    const shapes = Object.fromEntries([...folded].map(([key, { shape }]) => [key, [...shape]]));
    expect(found.initializers).toMatchObject(shapes);
    expect(found.weight).toEqual([...folded.get(first!)!.data]);
  });

  it('accepts a network without scores', async () => {
    const { outputs } = await inspect(exported(randomModel(), false), 'conv1_1.weight');
    expect(outputs).toEqual({ classes: ['UINT8', [1, 'height', 'width']] });
  });
});

async function inspect(model: Uint8Array, weight: string): Promise<Findings> {
  const file = path.join(await temporaryFolder(), 'model.onnx');
  await writeFile(file, model);
  return inspectOnnx(file, weight);
}
