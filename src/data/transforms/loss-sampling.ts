import { ignoreLabel } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/**
 * Patchwise training as loss sampling (Long et al. 2015, section 3.4): each pixel's loss counts with probability `share`, drawn for each
 * pixel by itself; the others become void, in all labelings of a sample. To keep the number of pixels that an update learns from, take 1 / share as many images.
 */
export function sampleLoss(share: number): Transform {
  const threshold = Math.round(share * 2 ** 16);
  return (sample, stream) => {
    const isLeftOut = new Uint8Array(sample.label.data.length);
    for (let i = 0; i < isLeftOut.length; i += 2) {
      const bits = stream.uint32(); // two pixels share a number of the stream
      isLeftOut[i] = Number((bits & 0xffff) >= threshold);
      isLeftOut[i + 1] = Number(bits >>> 16 >= threshold);
    }
    const sampled = (data: Uint8Array) => data.map((label, i) => (isLeftOut[i] ? ignoreLabel : label));
    return mapSample(
      sample,
      (image) => image,
      (label) => ({ ...label, data: sampled(label.data) }),
    );
  };
}
