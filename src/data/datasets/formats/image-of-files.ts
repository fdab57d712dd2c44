import { readInput } from '../../../base/files.ts';
import { readWithRemarks } from '../../images/decode.ts';
import type { SampleFiles } from '../file-dataset.ts';
import type { AnnotatedImage } from './annotated-images.ts';

/** An image with its mask, each a file. */
export function imageOfFiles({ id, image, label, decodeLabel }: SampleFiles): AnnotatedImage {
  return {
    id,
    source: image,
    readImage: () => readWithRemarks(image),
    labelSource: label,
    readLabel: async (tell) => decodeLabel(await readInput(label, 'label'), label, tell),
  };
}
