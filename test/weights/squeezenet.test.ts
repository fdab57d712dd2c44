import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { asModel, type Backbone } from '../../src/weights/as-model.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import type { WeightSource } from '../../src/weights/source.ts';
import { readSqueezenet } from '../../src/weights/squeezenet/read-squeezenet.ts';
import { readFixture } from '../fixtures.ts';
import { temporaryFile } from './torch/files.ts';

/** A SqueezeNet with a few weights in each layer, written by NumPy; see peer/fixture_pretrained.py. */
const sparse = new URL('../fixtures/pretrained/sparse.net', import.meta.url).pathname;

describe('readSqueezenet', () => {
  it('puts every weight where NumPy put it', async () => {
    const { tensors: expected } = await readFixture('pretrained');
    const { origin, tensors } = await readWeights(sparse);
    expect(origin).toBe('deep-compression');
    expect(tensors.size).toBe(52);
    for (const [name, { data }] of tensors) {
      const [layer, parameter] = name.split('.');
      if (parameter === 'bias') expect(data).toEqual(expected.get(`sparse/${name}`)!.data);
      else {
        const positions = [...data.keys()].filter((i) => data[i] !== 0);
        expect(positions).toEqual([...(expected.get(`sparse/${layer}/positions`)!.data as Int32Array)]);
        expect(positions.map((i) => data[i])).toEqual([
          ...(expected.get(`sparse/${layer}/values`)!.data as Float32Array),
        ]);
      }
    }
  });

  it('is a backbone without its classifier', async () => {
    const { backbone, width, input, weights, classifier } = asModel(await readWeights(sparse)) as Backbone;
    expect({ backbone, width, input }).toEqual({
      backbone: 'squeezenet',
      width: 1,
      input: { ...inputPresets.caffe, mean: [104, 117, 123] },
    });
    expect(weights.size).toBe(50);
    expect(classifier.get('classifier.weight')!.shape).toEqual([1000, 512, 1, 1]);
  });

  it('is known by its size, whatever its name', async () => {
    const file = temporaryFile('weights.bin');
    await writeFile(file, await readFile(sparse));
    expect((await readWeights(file)).origin).toBe('deep-compression');
  });

  it('refuses a byte more or less, and entries behind the end of a layer', async () => {
    const whole = await readFile(sparse);
    const file = temporaryFile('damaged.net');
    for (const bytes of [
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.of(0)]),
      whole.subarray(0, 50),
    ]) {
      await writeFile(file, bytes);
      await expect(readWeights(file)).rejects.toThrow(
        /SqueezeNet file .*damaged\.net: got \d+ bytes, expected (at least 104|\d+ by the counts)/,
      );
    }
    const gapped = Buffer.from(whole);
    const entries = gapped.readUInt32LE(0);
    gapped.fill(
      0xff,
      104 + 4 * (256 + 96) + entries,
      104 + 4 * (256 + 96) + entries + Math.ceil(entries / 2),
    );
    await writeFile(file, gapped);
    await expect(readSqueezenet(file)).rejects.toThrow(
      /layer conv1 at offset 1512: got entry \d+ at position \d+/,
    );
  });
});

describe('asModel of a SqueezeNet', () => {
  const renamed = async (rename: (name: string) => string): Promise<WeightSource> => {
    const tensors = await readSqueezenet(sparse);
    return {
      file: 'some.file',
      origin: 'pytorch',
      tensors: new Map([...tensors].map(([name, tensor]) => [rename(name), tensor])),
    };
  };

  const expectSameWeights = async ({ weights }: Backbone) => {
    const expected = (asModel(await readWeights(sparse)) as Backbone).weights;
    expect([...weights.keys()]).toEqual([...expected.keys()]);
    for (const [name, { data }] of weights)
      expect(bytesOf(data).equals(bytesOf(expected.get(name)!.data))).toBe(true);
  };
  const bytesOf = ({ buffer }: Float32Array) => Buffer.from(buffer as ArrayBuffer);

  it("knows Caffe's names", async () => {
    const backbone = asModel(await renamed((name) => name.replace(/^(fire\d)_/, '$1/'))) as Backbone;
    await expectSameWeights(backbone);
  });

  it("knows torchvision's names, with its preprocessing", async () => {
    // torchvision 0.15, squeezenet1_0().state_dict(): the modules that hold parameters.
    const modules = [3, 4, 5, 7, 8, 9, 10, 12];
    const source = await renamed((name) =>
      name
        .replace(/^conv1\./, 'features.0.')
        .replace(/^conv10\./, 'classifier.1.')
        .replace(/^fire(\d)_(squeeze|expand)(1x1|3x3)/, (_, n, part, kernel) => {
          return `features.${modules[Number(n) - 2]}.${part}${part === 'squeeze' ? '' : kernel}`;
        }),
    );
    expect([...source.tensors.keys()].slice(2, 8)).toEqual(
      ['squeeze', 'expand1x1', 'expand3x3'].flatMap((part) => [
        `features.3.${part}.weight`,
        `features.3.${part}.bias`,
      ]),
    );
    const backbone = asModel(source) as Backbone;
    expect(backbone.input).toEqual(inputPresets.torchvision);
    await expectSameWeights(backbone);
    expect(backbone.classifier.size).toBe(2);
  });

  it('refuses SqueezeNet 1.1, whose first layer is another', () => {
    const tensors = new Map<string, Tensor<'float32'>>([
      ['features.0.weight', allocate('float32', [64, 3, 3, 3])],
      ['features.6.squeeze.weight', allocate('float32', [32, 128, 1, 1])],
    ]);
    expect(() => asModel({ file: 'some.file', origin: 'pytorch', tensors })).toThrow(
      /some.file: got torchvision's SqueezeNet 1.1 .* choose squeezenet1_0/,
    );
  });
});
