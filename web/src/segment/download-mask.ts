import { encodeLabelPng, type LabelImage, vocPalette } from '../../../src/library/web/index.ts';
import { download } from '../download.ts';

/** Hands the classes of an image to the user, as a PNG whose pixel values are the classes. */
export function downloadMask(classes: LabelImage, imageName: string): void {
  const name = `${imageName.replace(/\.[^.]*$/, '')}.mask.png`;
  download(encodeLabelPng(classes, vocPalette()), name, 'image/png');
}
