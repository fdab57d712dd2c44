import { inputError } from '../../base/errors.ts';
import { channelsOf, type Image } from './image.ts';

/**
 * Images of one size as one, their channels behind each other; of 16 bits where one of them is.
 * @param files for messages, of each
 * @throws FcnError naming the file that has another size than the first
 */
export function stackChannels(images: readonly Image[], files: readonly string[]): Image {
  const { width, height } = images[0]!;
  const odd = images.findIndex((image) => image.width !== width || image.height !== height);
  if (odd >= 0) {
    throw inputError(
      `image ${files[odd]}: got ${images[odd]!.width}x${images[odd]!.height} pixels, expected ${width}x${height} as in ${files[0]}; ` +
        'replace one of them',
    );
  }
  const counts = images.map(channelsOf);
  const count = counts.reduce((sum, channels) => sum + channels, 0);
  const isDeep = images.some(({ data }) => data.BYTES_PER_ELEMENT > 1);
  const data = isDeep ? new Uint16Array(width * height * count) : new Uint8Array(width * height * count);
  let first = 0;
  for (const [number, channels] of counts.entries()) {
    const own = images[number]!.data;
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let c = 0; c < channels; c++) data[pixel * count + first + c] = own[pixel * channels + c]!;
    }
    first += channels;
  }
  return { width, height, data };
}
