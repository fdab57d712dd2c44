import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Tensor } from '../../src/base/tensor.ts';

/** A layer as Caffe saves it. `blobs` are weights and biases. */
export interface WrittenLayer {
  readonly name: string;
  readonly type: string;
  readonly blobs?: readonly WrittenBlob[];
  readonly group?: number;
  readonly transpose?: boolean;
}

export interface WrittenBlob {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly double?: boolean;
}

/** How a version of Caffe writes: V1 with num, channels, height and width, V2 with a shape. */
export type CaffeVersion = 'v1' | 'v2';

const fieldsOf = {
  v1: { layers: 2, name: 4, type: 5, blobs: 6, bottom: 2, top: 3, convolution: 10, innerProduct: 17 },
  v2: { layers: 100, name: 1, type: 2, blobs: 7, bottom: 3, top: 4, convolution: 106, innerProduct: 117 },
};

const typesV1: Record<string, number> = {
  Convolution: 4,
  Deconvolution: 39,
  InnerProduct: 14,
  LRN: 15,
  Pooling: 17,
  ReLU: 18,
  Data: 5,
};

/** The tensors as Caffe's layers, by their own names or others. */
export function layersOf(
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
  rename = (layer: string) => layer,
): WrittenLayer[] {
  return [...tensors]
    .filter(([name]) => name.endsWith('.weight'))
    .map(([name, weight]) => {
      const layer = name.replace(/\.weight$/, '');
      const bias = tensors.get(`${layer}.bias`);
      const matrix = weight.shape.length === 2;
      const type = matrix ? 'InnerProduct' : layer.startsWith('upscore') ? 'Deconvolution' : 'Convolution';
      return { name: rename(layer), type, blobs: bias ? [weight, bias] : [weight] };
    });
}

/** The bytes of a `.caffemodel`, by caffe.proto, with all that surrounds the numbers in real files. */
export function encodeCaffe(layers: readonly WrittenLayer[], version: CaffeVersion): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string('net');
  writer.tag(3, WireType.LengthDelimited).string('data');
  for (const size of [1, 3, 224, 224]) writer.tag(4, WireType.Varint).int32(size);
  writer.tag(5, WireType.Varint).bool(false);
  for (const layer of layers) {
    message(writer, fieldsOf[version].layers, () => writeLayer(writer, layer, version));
    const relu: WrittenLayer = { name: `relu-${layer.name}`, type: 'ReLU' };
    message(writer, fieldsOf[version].layers, () => writeLayer(writer, relu, version));
  }
  return writer.finish();
}

function writeLayer(writer: BinaryWriter, layer: WrittenLayer, version: CaffeVersion) {
  const fields = fieldsOf[version];
  writer.tag(fields.bottom, WireType.LengthDelimited).string('below');
  writer.tag(fields.top, WireType.LengthDelimited).string(layer.name);
  writer.tag(fields.name, WireType.LengthDelimited).string(layer.name);
  if (version === 'v1') writer.tag(fields.type, WireType.Varint).int32(typesV1[layer.type] ?? 0);
  else writer.tag(fields.type, WireType.LengthDelimited).string(layer.type);
  for (const blob of layer.blobs ?? []) message(writer, fields.blobs, () => writeBlob(writer, blob, version));
  // V1: blobs_lr, weight_decay; V2: param { lr_mult decay_mult }.
  if (version === 'v1') for (const number of [7, 8]) writer.tag(number, WireType.Bit32).float(1);
  else message(writer, 6, () => writer.tag(3, WireType.Bit32).float(1));
  if (layer.type === 'Convolution' || layer.type === 'Deconvolution') {
    message(writer, fields.convolution, () => {
      writer.tag(1, WireType.Varint).uint32(layer.blobs?.[0]?.shape[0] ?? 0);
      if (layer.group !== undefined) writer.tag(5, WireType.Varint).uint32(layer.group);
      message(writer, 7, () => writer.tag(1, WireType.LengthDelimited).string('gaussian'));
    });
  }
  if (layer.transpose) {
    message(writer, fields.innerProduct, () => writer.tag(6, WireType.Varint).bool(true));
  }
}

function writeBlob(writer: BinaryWriter, { shape, data, double }: WrittenBlob, version: CaffeVersion) {
  if (version === 'v1') {
    const padded = [...Array(4 - shape.length).fill(1), ...shape];
    for (const [i, size] of padded.entries()) writer.tag(1 + i, WireType.Varint).int32(size);
  }
  const numbers = double ? Float64Array.from(data) : Float32Array.from(data);
  const bytes = new Uint8Array(numbers.buffer);
  writer.tag(double ? 8 : 5, WireType.LengthDelimited).bytes(bytes);
  writer.tag(6, WireType.LengthDelimited).bytes(new Uint8Array(8)); // diff
  if (version === 'v2') {
    message(writer, 7, () => {
      writer.tag(1, WireType.LengthDelimited).fork();
      for (const size of shape) writer.int64(size);
      writer.join();
    });
  }
}

function message(writer: BinaryWriter, number: number, write: () => void) {
  writer.tag(number, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
