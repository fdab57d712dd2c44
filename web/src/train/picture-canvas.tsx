import type { CanvasHTMLAttributes } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { LabelImage, RgbImage } from '../../../src/data/images/image.ts';
import { drawPicture } from './draw-picture.ts';
import type { DrawnClass } from './drawn-class.ts';

interface PictureCanvasProps extends CanvasHTMLAttributes {
  readonly image: RgbImage | undefined;
  readonly classMap: LabelImage | undefined;
  readonly classes: readonly DrawnClass[];
  /** Of the classes over the image, in percent. */
  readonly opacity: number;
}

/** An image at its own size with the colors of its classes over it, drawn when one of them changes. */
export function PictureCanvas({ image, classMap, classes, opacity, ...attributes }: PictureCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = classes.map(({ color }) => color);
  useLayoutEffect(() => {
    if (image) drawPicture(canvas.current!, image, classMap, colors, opacity / 100);
  }, [image, classMap, colors.join(), opacity]);
  return <canvas ref={canvas} {...attributes} />;
}
