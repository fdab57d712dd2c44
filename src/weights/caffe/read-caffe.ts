import type { FileHandle } from 'node:fs/promises';
import { inputError } from '../../base/errors.ts';
import { allocate, sizeOf, type Tensor } from '../../base/tensor.ts';
import { withFile } from '../file-reading.ts';
import { quote } from '../quote.ts';
import { type CaffeBlob, type CaffeLayer, readLayers } from './net-parameter.ts';
import { WireReader } from './wire-reader.ts';

/**
 * The numbers of every layer of a `.caffemodel` (a NetParameter with V1 or V2 layers), by `LAYER.weight` and
 * `LAYER.bias`; a BatchNorm layer's by `.running_mean`, `.running_var` and `.scale_factor`. Shapes are [O, I, kH, kW]
 * for Convolution, [I, O, kH, kW] for Deconvolution (as in PyTorch), [O, I] for InnerProduct. A grouped Deconvolution
 * becomes the dense one that computes the same. Numbers are read straight into their tensors.
 * @throws FcnError naming the file and the offset when it is not as caffe.proto wants it.
 */
export async function readCaffe(file: string): Promise<Map<string, Tensor<'float32'>>> {
  return withFile(file, 'caffemodel', (handle) => readContent(handle, file));
}

async function readContent(handle: FileHandle, file: string): Promise<Map<string, Tensor<'float32'>>> {
  const { size } = await handle.stat();
  const reader = new WireReader(handle, file, size);
  await refuseHdf5(reader, size);
  const tensors = new Map<string, Tensor<'float32'>>();
  let room = mostExpanded;
  const layers = await readLayers(reader, size);
  refuseNormalizationFirst(layers, file);
  for (const layer of layers) {
    for (const [index, blob] of layer.blobs.entries()) {
      const name = `${layer.name}.${blobName(layer, index)}`;
      if (tensors.has(name)) {
        throw reader.damaged(
          blob.begin,
          `got the layer ${quote(layer.name)} twice, expected different names`,
        );
      }
      const tensor = await readTensor(reader, layer, index, blob, room);
      if (isGrouped(layer, index)) room -= tensor.data.length;
      tensors.set(name, tensor);
    }
  }
  if (tensors.size === 0) {
    throw inputError(
      `caffemodel ${file}: got no layer with weights by offset ${size}, its end, expected some; ` +
        'it is a network definition, or not a caffemodel',
    );
  }
  return tensors;
}

/**
 * Caffe's two AlexNets have the same parameters, but bvlc_alexnet normalizes before it pools, as Krizhevsky et al. did;
 * ours, the reference FCN's, is CaffeNet, which pools first. Only layers without numbers tell them apart.
 */
function refuseNormalizationFirst(layers: readonly CaffeLayer[], file: string): void {
  const first = layers.find(({ type }) => type === 'LRN' || type === 'Pooling');
  if (first?.type !== 'LRN') return;
  throw inputError(
    `caffemodel ${file}: got a network that normalizes (${quote(first.name)}) before it pools, such as bvlc_alexnet, ` +
      'expected CaffeNet, which pools first; choose bvlc_reference_caffenet.caffemodel, or the FCN on it, ' +
      '`fcn weights get fcn-alexnet-pascal`',
  );
}

async function readTensor(
  reader: WireReader,
  layer: CaffeLayer,
  index: number,
  blob: CaffeBlob,
  room: number,
): Promise<Tensor<'float32'>> {
  const { data } = await readNumbers(reader, blob);
  const tensor: Tensor<'float32'> = { dtype: 'float32', shape: shapeOf(layer, index, blob), data };
  if (!isGrouped(layer, index)) return tensor;
  const dense = withoutGroups(tensor, layer.group, room);
  if (dense) return dense;
  throw reader.damaged(
    blob.begin,
    `got ${layer.group} groups in the Deconvolution ${quote(layer.name)} [${tensor.shape.join(', ')}], expected a ` +
      `divisor of its inputs, and at most ${mostExpanded} numbers without groups in all layers`,
  );
}

function isGrouped({ type, group }: CaffeLayer, index: number): boolean {
  return type === 'Deconvolution' && group !== 1 && index === 0;
}

function blobName({ type }: CaffeLayer, index: number): string {
  const known = type === 'BatchNorm' ? ['running_mean', 'running_var', 'scale_factor'] : ['weight', 'bias'];
  return known[index] ?? `blob${index}`;
}

/** A blob's shape without the ones that the old format of four dimensions puts in front. */
function shapeOf({ type }: CaffeLayer, index: number, { shape, padded }: CaffeBlob): readonly number[] {
  if (!padded) return shape;
  const isWeight = index === 0;
  if (isWeight && (type === 'Convolution' || type === 'Deconvolution')) return shape;
  const own = isWeight && type === 'InnerProduct' ? 2 : 1;
  const ones = shape.slice(0, -own).every((dimension) => dimension === 1);
  return ones ? shape.slice(-own) : shape;
}

async function readNumbers(
  reader: WireReader,
  { shape, numberBytes, begin }: CaffeBlob,
): Promise<Tensor<'float32'>> {
  const tensor = allocate('float32', shape);
  const { data } = tensor;
  if (numberBytes === 4) {
    await reader.bytes(new Uint8Array(data.buffer), begin);
    return tensor;
  }
  const chunk = new Float64Array(Math.min(data.length, 2 ** 16));
  for (let done = 0; done < data.length; done += chunk.length) {
    const part = chunk.subarray(0, data.length - done);
    await reader.bytes(new Uint8Array(part.buffer, 0, part.byteLength), begin + 8 * done);
    data.set(part, done);
  }
  return tensor;
}

/** The numbers in the deconvolutions of the largest network of ours: 255 classes, upsampled by 32. */
const mostExpanded = 255 * 255 * 64 * 64;

/**
 * The dense kernel of a grouped deconvolution: input channel i reaches only the outputs of its own group.
 * [I, O / group, kH, kW] -> [I, O, kH, kW]
 * @returns nothing when the groups do not divide the inputs, or there is no room for the kernel.
 */
function withoutGroups(
  { shape, data }: Tensor<'float32'>,
  group: number,
  room: number,
): Tensor<'float32'> | undefined {
  const [inputs = 0, own = 0, ...kernel] = shape;
  const denseShape = [inputs, own * group, ...kernel];
  if (inputs % group !== 0 || sizeOf(denseShape) > room) return undefined;
  const dense = allocate('float32', denseShape);
  const block = own * sizeOf(kernel);
  for (let i = 0; i < inputs; i++) {
    const groupOfInput = Math.floor((i * group) / inputs);
    dense.data.set(data.subarray(i * block, (i + 1) * block), (i * group + groupOfInput) * block);
  }
  return dense;
}

async function refuseHdf5(reader: WireReader, size: number): Promise<void> {
  const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  if (size < signature.length) return;
  const start = Buffer.alloc(signature.length);
  await reader.bytes(start, 0);
  if (start.equals(signature)) {
    throw inputError(
      `caffemodel ${reader.file}: got an HDF5 file at offset 0, expected a binary protobuf; ` +
        "save it with Caffe's snapshot_format: BINARYPROTO",
    );
  }
}
