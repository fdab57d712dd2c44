import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../src/base/tensor.ts';
import { asModel } from '../../src/weights/as-model.ts';
import { saveModel } from '../../src/weights/model-file.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import { writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { writeTorch } from '../../src/weights/torch/write-torch.ts';
import { randomModel } from './models.ts';
import { fixtureFile, temporaryFile } from './torch/files.ts';

const model = randomModel({ model: 'fcn16s', numClasses: 3, classes: ['a', 'b', 'c'] });

describe('readWeights', () => {
  it('goes by the content of a file, not by its name', async () => {
    const file = temporaryFile('weights.caffemodel');
    await copyFile(fixtureFile('state-dict-legacy.pth'), file);
    expect(await readWeights(file)).toMatchObject({ file, origin: 'pytorch' });
    await copyFile(fixtureFile('state-dict.pth'), file);
    expect((await readWeights(file)).tensors.size).toBe(7);
    await saveModel(file, model);
    expect(await readWeights(file)).toEqual({
      file,
      origin: 'fcn',
      tensors: model.weights,
      config: model.config,
    });
  });

  it('reads safetensors of others, without what is no float32', async () => {
    const file = temporaryFile('others.safetensors');
    const weight = allocate('float32', [2]);
    await writeSafetensors(file, [
      ['weight', weight],
      ['num_batches_tracked', allocate('int64', [])],
    ]);
    expect(await readWeights(file)).toEqual({
      file,
      origin: 'pytorch',
      tensors: new Map([['weight', weight]]),
    });
  });

  it('reads safetensors with tensors of any type, unless they are those of a layer', async () => {
    const write = async (other: string) => {
      const file = temporaryFile('types.safetensors');
      const header = `{"conv1_1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"${other}":{"dtype":"U64","shape":[1],"data_offsets":[4,12]}}`;
      const length = Buffer.alloc(8);
      length.writeUInt32LE(header.length);
      await writeFile(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]));
      return readWeights(file);
    };
    expect([...(await write('steps')).tensors.keys()]).toEqual(['conv1_1.weight']);
    await expect(write('model.conv1_2.weight')).rejects.toThrow(
      /tensor "model\.conv1_2\.weight": got type "U64", expected one of F32, F16, BF16, .*convert it to F32/,
    );
  });

  it('reads doubles of a layer, and leaves out those of anything else', async () => {
    const file = temporaryFile('doubles.safetensors');
    const [weight, steps] = [Float64Array.of(0.5, -3), Float64Array.of(7)];
    const header =
      '{"model.conv1_1.weight":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},' +
      '"steps":{"dtype":"F64","shape":[1],"data_offsets":[16,24]}}';
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    await writeFile(
      file,
      Buffer.concat([length, Buffer.from(header), Buffer.from(weight.buffer), Buffer.from(steps.buffer)]),
    );
    const { tensors } = await readWeights(file);
    expect([...tensors].map(([name, { data }]) => [name, data])).toEqual([
      ['conv1_1.weight', Float32Array.of(0.5, -3)],
    ]);
  });

  it.each([0x80, 0x0a, 0x12])(
    'reads safetensors whose first byte, of the length of the header, is %i',
    async (length) => {
      const file = temporaryFile('weights.safetensors');
      const header = '{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(0x100 + length);
      const data = Buffer.from(Float32Array.of(3).buffer);
      await writeFile(
        file,
        Buffer.concat([Buffer.from([length, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(header), data]),
      );
      const { tensors } = await readWeights(file);
      expect([...tensors].map(([name, tensor]) => [name, ...tensor.data])).toEqual([['weight', 3]]);
    },
  );

  it('reads a Caffe model', async () => {
    // NetParameter { layer { name: "ip" blobs { shape { dim: 2 } data: [1, -2] } } }, by hand after caffe.proto.
    const blob = Buffer.from([0x3a, 3, 0x0a, 1, 2, 0x2a, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    const layer = Buffer.concat([Buffer.from([0x0a, 2, 0x69, 0x70, 0x3a, blob.length]), blob]);
    const file = temporaryFile('net');
    await writeFile(file, Buffer.concat([Buffer.from([0xa2, 0x06, layer.length]), layer]));
    const { origin, tensors } = await readWeights(file);
    expect(origin).toBe('caffe');
    expect([...tensors].map(([name, { data }]) => [name, [...data]])).toEqual([['ip.weight', [1, -2]]]);
  });

  it.each([
    [
      'empty.pth',
      Buffer.alloc(0),
      /weights file .*empty\.pth: got no weights: it is empty; copy or download it again/,
    ],
    ['empty.safetensors', Buffer.alloc(0), /weights file .*empty\.safetensors: got no weights: it is empty/],
    ['page.caffemodel', Buffer.from('<html>'), /page\.caffemodel: got no weights: it is a web page/],
    [
      'pointer.pth',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
      /pointer\.pth: got no weights: it is a Git LFS pointer, not the file itself; run `git lfs pull`/,
    ],
    [
      'notes.txt',
      Buffer.from('weights are elsewhere'),
      /weights file .*notes\.txt: at offset 0: got neither a safetensors, nor a PyTorch/,
    ],
  ])('says what is wrong with %s', async (name, bytes, message) => {
    const file = temporaryFile(name);
    await writeFile(file, bytes);
    await expect(readWeights(file)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  it('says that there is no file', async () => {
    await expect(readWeights(temporaryFile('none'))).rejects.toThrow(/none: there is no such file/);
  });
});

describe('asModel of readWeights', () => {
  it('gives the network again that was written as a PyTorch file', async () => {
    const file = temporaryFile('again.pth');
    await writeTorch(file, model.weights);
    const again = asModel(await readWeights(file));
    expect(again).toMatchObject({ config: { model: 'fcn16s', numClasses: 3, width: model.config.width } });
    expect([...again.weights]).toEqual([...model.weights]);
    expect((await readFile(file)).toString('latin1', 0, 2)).toBe('PK');
  });
});
