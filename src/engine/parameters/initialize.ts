import { type Random, random } from '../../base/rng.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import type { Parameter } from './parameter.ts';

/**
 * Weights of a network that starts from nothing: normal convolutions, zero biases and score layers, bilinear
 * deconvolutions (Long et al. 2015, section 4.3). Each parameter has a random stream of its own, so that adding a
 * layer changes no other.
 */
export function initializeParameter(parameter: Parameter, seed: number): Tensor<'float32'> {
  const tensor = allocate('float32', parameter.shape);
  switch (parameter.initialization) {
    case 'he-normal':
      fillNormal(tensor, 2, random(seed, 'initialize', parameter.name));
      break;
    case 'lecun-normal':
      fillNormal(tensor, 1, random(seed, 'initialize', parameter.name));
      break;
    case 'bilinear':
      fillBilinear(tensor);
      break;
    case 'one':
      tensor.data.fill(1);
      break;
    case 'zero':
      break;
  }
  return tensor;
}

/**
 * Normal with variance gain / fan-in: 2 before a rectifier (He et al. 2015, equation 10), 1 where nothing is cut off
 * (LeCun et al. 1998, section 4.6). [O, I, K, K]
 */
function fillNormal({ data, shape }: Tensor<'float32'>, gain: number, stream: Random): void {
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const deviation = Math.sqrt(gain / fanIn);
  for (let i = 0; i < data.length; i++) data[i] = deviation * stream.normal();
}

/**
 * Bilinear interpolation by the factor K / 2, each class to itself: w[c, c, u, v] = hat(u) hat(v), with
 * hat(u) = 1 - |u - center| / factor (surgery.py of the reference implementation). [C, C, K, K]
 */
function fillBilinear({ data, shape }: Tensor<'float32'>): void {
  const [classes, , kernel] = shape as [number, number, number, number];
  const hat = hatOf(kernel);
  for (let c = 0; c < classes; c++) {
    const start = (c * classes + c) * kernel * kernel;
    for (let u = 0; u < kernel; u++) {
      for (let v = 0; v < kernel; v++) data[start + u * kernel + v] = hat[u]! * hat[v]!;
    }
  }
}

function hatOf(kernel: number): number[] {
  const factor = Math.floor((kernel + 1) / 2);
  const center = kernel % 2 === 1 ? factor - 1 : factor - 0.5;
  return Array.from({ length: kernel }, (_, u) => 1 - Math.abs(u - center) / factor);
}

/** Whether weights are exactly those that a deconvolution starts with. @param weights [C, C, K, K] */
export function isBilinear({ data, shape }: Tensor<'float32'>): boolean {
  const [classes, , kernel] = shape as [number, number, number, number];
  const hat = hatOf(kernel);
  const own = Float32Array.from({ length: kernel * kernel }, (_, i) => {
    return hat[Math.floor(i / kernel)]! * hat[i % kernel]!;
  });
  for (let pair = 0; pair < classes * classes; pair++) {
    const start = pair * own.length;
    const isOwn = pair % (classes + 1) === 0;
    for (let i = 0; i < own.length; i++) if (data[start + i] !== (isOwn ? own[i] : 0)) return false;
  }
  return true;
}
