import { allocate, sizeOf, type Tensor } from '../../base/tensor.ts';
import { expandHalves, halvesOf } from '../half-precision.ts';
import { type ElementType, elementTypes, type LiteTensor } from './schema.ts';

const elementBytes: Record<ElementType, number> = { float32: 4, float16: 2, int32: 4, uint8: 1, int8: 1 };

/**
 * The numbers of a constant tensor, in its own shape: floats as they are, integers by w = scale (q - zero point), with
 * one scale for all or one for each entry of a dimension.
 * @returns what is wrong with it, where something is.
 */
export function dequantize(tensor: LiteTensor): Tensor<'float32'> | string {
  const { shape, data, scales, zeroPoints, quantizedDimension } = tensor;
  const type = elementTypes[tensor.type as keyof typeof elementTypes];
  if (type === undefined)
    return `got element type ${tensor.type}, expected ${Object.values(elementTypes).join(', ')}`;
  if (shape.some((dimension) => dimension < 1))
    return `got the shape [${shape.join(', ')}], expected positive numbers`;
  const size = sizeOf(shape);
  if (data.length !== size * elementBytes[type]) {
    return `got ${data.length} bytes, expected ${size * elementBytes[type]} for ${type} [${shape.join(', ')}]`;
  }
  const result = allocate('float32', shape);
  if (type === 'float32' || type === 'float16') {
    const target = type === 'float16' ? halvesOf(result.data) : new Uint8Array(result.data.buffer);
    target.set(data);
    if (type === 'float16') expandHalves(result.data, 'F16');
    return result;
  }

  const channels = scales.length === 1 ? 1 : shape[quantizedDimension];
  if (channels === undefined || scales.length !== channels || ![0, 1, channels].includes(zeroPoints.length)) {
    return `got ${scales.length} scales and ${zeroPoints.length} zero points for [${shape.join(', ')}]`;
  }
  const quantized = integersOf(data, type);
  const inner = sizeOf(shape.slice(quantizedDimension + 1)); // numbers between two entries of the dimension
  for (let i = 0; i < size; i++) {
    const channel = Math.floor(i / inner) % channels;
    const zeroPoint = zeroPoints[zeroPoints.length === 1 ? 0 : channel] ?? 0;
    result.data[i] = scales[channel]! * (quantized[i]! - zeroPoint);
  }
  return result;
}

function integersOf(data: Uint8Array, type: 'int32' | 'uint8' | 'int8'): ArrayLike<number> {
  if (type === 'uint8') return data;
  if (type === 'int8') return new Int8Array(data.buffer, data.byteOffset, data.length);
  return new Int32Array(data.slice().buffer); // a copy, whose start is aligned
}
