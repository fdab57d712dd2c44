import { ignoreLabel } from '../images/image.ts';
import type { Transform } from './transform.ts';

/**
 * Patchwise training as loss sampling (Long et al. 2015, section 3.4): each pixel's loss counts with probability `share`, drawn for each
 * pixel by itself; the others become void. To keep the number of pixels that an update learns from, take 1 / share as many images.
 */
export function sampleLoss(share: number): Transform {
  const threshold = Math.round(share * 2 ** 16);
  return ({ id, image, label }, stream) => {
    const data = Uint8Array.from(label.data);
    for (let i = 0; i < data.length; i += 2) {
      const bits = stream.uint32(); // two pixels share a number of the stream
      if ((bits & 0xffff) >= threshold) data[i] = ignoreLabel;
      if (bits >>> 16 >= threshold && i + 1 < data.length) data[i + 1] = ignoreLabel;
    }
    return { id, image, label: { ...label, data } };
  };
}
