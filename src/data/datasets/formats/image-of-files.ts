import { readInput } from '../../../base/files.ts';
import { readImage } from '../../images/decode.ts';
import type { SampleFiles } from '../file-dataset.ts';
import type { AnnotatedImage } from './annotated-images.ts';

/** An image with its mask, each a file of the same size. Pixels are taken as they are stored, as in `folder:`. */
export function imageOfFiles({ id, image, label, decodeLabel }: SampleFiles): AnnotatedImage {
  return {
    id,
    source: image,
    readImage: () => readImage(image),
    labelSource: label,
    readLabel: async () => decodeLabel(await readInput(label, 'label'), label),
  };
}
