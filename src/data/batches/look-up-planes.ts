import { layOut } from '../../base/kernels/kernel-memory.ts';
import { type Kernels, kernels } from '../../base/kernels/kernels.ts';
import { channelsOf, type Image } from '../images/image.ts';

/** A channel of an image, and the network's input for each value that it may have. */
export interface Plane {
  readonly channel: number;
  readonly values: Float32Array;
}

/** Interleaved pixels [H, W, C] to planes [C, H, W]. */
export function lookUpPlanes(image: Image, planes: readonly Plane[], into: Float32Array): void {
  const fast = kernels();
  if (fast) lookUpByKernels(fast, image, planes, into);
  else lookUpInJavaScript(image, planes, into);
}

/** So many pixels are looked up at once: they, and what they become, stay in the processor's nearest cache. */
const pixelsAtOnce = 2048;

function lookUpByKernels(fast: Kernels, image: Image, planes: readonly Plane[], into: Float32Array): void {
  const { data } = image;
  const { BYTES_PER_ELEMENT: bytesOfValue } = data;
  const channels = channelsOf(image);
  const pixels = data.length / channels;
  const tableBytes = 4 * planes[0]!.values.length;
  const { at, bytes, words, floats } = layOut(fast, {
    values: planes.length * tableBytes,
    pixels: pixelsAtOnce * channels * bytesOfValue,
    plane: 4 * pixelsAtOnce,
  });
  const [lookUp, source] = bytesOfValue === 1 ? [fast.lookUpBytes, bytes] : [fast.lookUpWords, words];
  for (const [i, { values }] of planes.entries()) floats.set(values, (at.values + i * tableBytes) / 4);
  for (let first = 0; first < pixels; first += pixelsAtOnce) {
    const count = Math.min(pixelsAtOnce, pixels - first);
    source.set(data.subarray(channels * first, channels * (first + count)), at.pixels / bytesOfValue);
    for (const [i, { channel }] of planes.entries()) {
      lookUp(at.pixels + bytesOfValue * channel, channels, count, at.values + i * tableBytes, at.plane);
      into.set(floats.subarray(at.plane / 4, at.plane / 4 + count), i * pixels + first);
    }
  }
}

/** The same without kernels. */
export function lookUpInJavaScript(image: Image, planes: readonly Plane[], into: Float32Array): void {
  const { data } = image;
  const channels = channelsOf(image);
  let target = 0;
  for (const { channel, values } of planes) {
    for (let i = channel; i < data.length; i += channels) into[target++] = values[data[i]!]!;
  }
}
