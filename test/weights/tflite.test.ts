import { readFile, writeFile } from 'node:fs/promises';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { FcnError } from '../../src/base/errors.ts';
import { random } from '../../src/base/rng.ts';
import type { Tensor } from '../../src/base/tensor.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { asModel, type Backbone } from '../../src/weights/as-model.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import { readTflite } from '../../src/weights/tflite/read-tflite.ts';
import { readFixture } from '../fixtures.ts';
import { temporaryFile } from './torch/files.ts';

/** The start of a thin MobileNetV2, written by Python byte by byte; see peer/fixture_pretrained.py. */
const thin = new URL('../fixtures/pretrained/thin.tflite', import.meta.url).pathname;

interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes?: Uint8Array;
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly dimension?: number;
}

interface WrittenOperator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs?: readonly number[];
}

/** A model by the library's own writer. */
function encode(tensors: readonly WrittenTensor[], operators: readonly WrittenOperator[]): Uint8Array {
  const builder = new Builder();
  const vector = (offsets: readonly number[]) => {
    builder.startVector(4, offsets.length, 4);
    for (const offset of [...offsets].reverse()) builder.addOffset(offset);
    return builder.endVector();
  };
  const ints = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addInt32(value);
    return builder.endVector();
  };
  const floats = (values: readonly number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) builder.addFloat32(value);
    return builder.endVector();
  };
  const longs = (values: readonly number[]) => {
    builder.startVector(8, values.length, 8);
    for (const value of [...values].reverse()) builder.addInt64(BigInt(value));
    return builder.endVector();
  };
  const buffers = [
    undefined,
    ...tensors.map(({ bytes }) => (bytes ? builder.createByteVector(bytes) : undefined)),
  ].map((data) => {
    builder.startObject(3);
    if (data) builder.addFieldOffset(0, data, 0);
    return builder.endObject();
  });
  const tensorTables = tensors.map(({ name, shape, type, scales, zeroPoints, dimension }, i) => {
    const [nameAt, shapeAt] = [builder.createString(name), ints(shape)];
    const [scaleAt, zeroAt] = [floats(scales ?? []), longs(zeroPoints ?? [])];
    builder.startObject(7);
    builder.addFieldOffset(2, scaleAt, 0);
    builder.addFieldOffset(3, zeroAt, 0);
    builder.addFieldInt32(6, dimension ?? 0, 0);
    const quantization = builder.endObject();
    builder.startObject(5);
    builder.addFieldOffset(0, shapeAt, 0);
    builder.addFieldInt8(1, type, 0);
    builder.addFieldInt32(2, i + 1, 0);
    builder.addFieldOffset(3, nameAt, 0);
    builder.addFieldOffset(4, quantization, 0);
    return builder.endObject();
  });
  const operatorTables = operators.map(({ inputs, outputs = [] }, i) => {
    const [inputsAt, outputsAt] = [ints(inputs), ints(outputs)];
    builder.startObject(3);
    builder.addFieldInt32(0, i, 0);
    builder.addFieldOffset(1, inputsAt, 0);
    builder.addFieldOffset(2, outputsAt, 0);
    return builder.endObject();
  });
  const codes = operators.map(({ code }) => {
    builder.startObject(4);
    builder.addFieldInt8(0, code, 0);
    return builder.endObject();
  });
  const [tensorsAt, operatorsAt] = [vector(tensorTables), vector(operatorTables)];
  builder.startObject(4);
  builder.addFieldOffset(0, tensorsAt, 0);
  builder.addFieldOffset(3, operatorsAt, 0);
  const graphs = vector([builder.endObject()]);
  const [codesAt, buffersAt] = [vector(codes), vector(buffers)];
  builder.startObject(5);
  builder.addFieldInt32(0, 3, 0);
  builder.addFieldOffset(1, codesAt, 0);
  builder.addFieldOffset(2, graphs, 0);
  builder.addFieldOffset(4, buffersAt, 0);
  builder.finish(builder.endObject(), 'TFL3');
  return builder.asUint8Array();
}

async function read(
  tensors: readonly WrittenTensor[],
  operators: readonly WrittenOperator[],
): Promise<Map<string, Tensor>> {
  const file = temporaryFile('net.tflite');
  await writeFile(file, encode(tensors, operators));
  return readTflite(file);
}

const image: WrittenTensor = { name: 'image', shape: [1, 4, 4, 2], type: 3 };
const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer);

describe('readTflite', () => {
  it('reads what NumPy quantized, under the names of MobileNetV2', async () => {
    const { tensors } = await readFixture('pretrained');
    const expected = (prefix: string) =>
      new Map(
        [...tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, tensor]) => [name.slice(5), tensor]),
      );
    const source = await readWeights(thin);
    expect(source.origin).toBe('tensorflow');
    expect([...source.tensors.keys()].slice(0, 3)).toEqual([
      'MobilenetV2/Conv.weight',
      'MobilenetV2/Conv.bias',
      'MobilenetV2/expanded_conv/depthwise.weight',
    ]);
    const { backbone, width, input, weights, classifier, changes } = asModel(source) as Backbone & {
      changes: unknown;
    };
    expect({ backbone, width, input }).toEqual({
      backbone: 'mobilenetv2',
      width: 0.25,
      input: inputPresets.tensorflow,
    });
    expect(new Map([...weights, ...classifier])).toEqual(expected('thin/'));
    expect(weights.size).toBe(12);
    expect(changes).toEqual(
      ['weight', 'bias'].map((parameter) => ({
        name: `MobilenetV2/Logits/Conv2d_1c_1x1.${parameter}`,
        fate: 'dropped',
        reason: "the classifier's own classes",
      })),
    );
  });

  it('reads signed integers with a scale for each channel', async () => {
    const tensors = await read(
      [
        image,
        {
          ...{
            name: 'a/conv/Conv2D',
            shape: [2, 1, 1, 2],
            type: 9,
            bytes: bytesOf(Int8Array.of(1, -2, 3, -128)),
          },
          ...{ scales: [0.5, 0.25], zeroPoints: [0, 1], dimension: 0 },
        },
        {
          ...{ name: 'a/conv/bias', shape: [2], type: 2, bytes: bytesOf(Int32Array.of(1000, -1000)) },
          ...{ scales: [0.125, 0.5], zeroPoints: [0, 0] },
        },
        {
          ...{
            name: 'a/depthwise/x',
            shape: [1, 1, 2, 2],
            type: 9,
            bytes: bytesOf(Int8Array.of(1, 2, 3, 4)),
          },
          ...{ scales: [1, 10], zeroPoints: [], dimension: 3 },
        },
      ],
      [
        { code: 3, inputs: [0, 1, 2] },
        { code: 4, inputs: [0, 3, -1] },
      ],
    );
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
      ['a/conv.weight', [2, 2, 1, 1], [0.5, -1, 0.5, -32.25]],
      ['a/conv.bias', [2], [125, -500]],
      ['a/depthwise.weight', [2, 1, 1, 2], [1, 3, 20, 40]],
    ]);
  });

  it('reads floats, halves behind their operator, and a layer that is used twice', async () => {
    const tensors = await read(
      [
        image,
        { name: 'dense/MatMul', shape: [2, 3], type: 0, bytes: bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)) },
        {
          name: 'conv/weights',
          shape: [1, 1, 1, 2],
          type: 1,
          bytes: bytesOf(Uint16Array.of(0x3c00, 0xc100)),
        },
        { name: 'conv/weights_dequantize', shape: [1, 1, 1, 2], type: 0 },
      ],
      [
        { code: 6, inputs: [2], outputs: [3] },
        { code: 3, inputs: [0, 3] },
        { code: 3, inputs: [0, 3] },
        { code: 9, inputs: [0, 1] },
        { code: 25, inputs: [0] },
      ],
    );
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
      ['conv.weight', [1, 2, 1, 1], [1, -2.5]],
      ['dense.weight', [2, 3], [1, 2, 3, 4, 5, 6]],
    ]);
  });

  const weight: WrittenTensor = { name: 'conv/w', shape: [1, 1, 1, 2], type: 3, bytes: Uint8Array.of(1, 2) };
  it.each<[string, WrittenTensor, RegExp]>([
    ['a type that it does not know', { ...weight, type: 17 }, /"conv\/w": got element type 17/],
    [
      'fewer bytes than the shape needs',
      { ...weight, shape: [1, 1, 1, 3] },
      /got 2 bytes, expected 3 for uint8/,
    ],
    ['a negative shape', { ...weight, shape: [-1, -1, 1, 2] }, /got the shape \[-1, -1, 1, 2\]/],
    ['integers without a scale', weight, /got 0 scales and 0 zero points/],
    ['scales of another number', { ...weight, scales: [1, 2, 3], zeroPoints: [0] }, /got 3 scales/],
    [
      'three dimensions',
      { ...weight, shape: [1, 1, 2], scales: [1] },
      /got \[1, 1, 2\], expected 4 dimensions/,
    ],
  ])('refuses %s', async (_, tensor, message) => {
    await expect(read([image, tensor], [{ code: 3, inputs: [0, 1] }])).rejects.toThrow(message);
  });

  it('refuses tensors that are not there, and files without layers', async () => {
    await expect(read([image], [{ code: 3, inputs: [0, 7] }])).rejects.toThrow(
      /got tensor 7, expected fewer than 1/,
    );
    await expect(read([image], [{ code: 25, inputs: [0] }])).rejects.toThrow(/got no convolution/);
  });

  it('says of a file that was cut short, at any length, that it was', async () => {
    const whole = await readFile(thin);
    const file = temporaryFile('short.tflite');
    for (let length = 0; length < whole.length; length += 61) {
      await writeFile(file, whole.subarray(0, length));
      const thrown = await readTflite(file).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(FcnError);
      expect(thrown).toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/^TensorFlow Lite file .*short\.tflite/),
      });
    }
  });

  it('reads or refuses a damaged file, and nothing else', async () => {
    const whole = await readFile(thin);
    const stream = random('damage');
    const file = temporaryFile('damaged.tflite');
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(whole);
      for (let n = stream.integer(8); n >= 0; n--) bytes[stream.integer(bytes.length)] = stream.integer(256);
      await writeFile(file, bytes);
      const thrown = await readTflite(file).catch((error: unknown) => error);
      if (thrown instanceof FcnError) refused += 1;
      else expect(thrown).toBeInstanceOf(Map);
    }
    expect(refused).toBeGreaterThan(30);
    expect(refused).toBeLessThan(300);
  });
});
