import { reasonOf } from '../../src/base/errors.ts';

/** Decoded images beyond this many pixels would take gigabytes. */
const mostPixels = 100e6;

/**
 * An image file as `fcn` itself reads it: upright by its EXIF orientation, its colors as they are stored, transparent
 * pixels on white.
 * @throws Error with words for people when the browser cannot read it.
 */
export async function decodePicture(file: Blob, name: string): Promise<ImageBitmap> {
  const decoded = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((thrown: unknown) => {
    throw new Error(
      `image ${name}: this browser cannot read it (${reasonOf(thrown)}), expected a PNG, JPEG, WebP or another image file of ` +
        'the web; choose another file, or save it as PNG',
      { cause: thrown },
    );
  });
  const { width, height } = decoded;
  try {
    if (width * height > mostPixels) {
      throw new Error(
        `image ${name}: got ${width}x${height} pixels, expected at most ${mostPixels / 1e6} million; make it smaller`,
      );
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false })!;
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.drawImage(decoded, 0, 0);
    return canvas.transferToImageBitmap();
  } finally {
    decoded.close();
  }
}
