import { reasonOf } from '../../src/base/errors.ts';
import { mistakenFor } from '../../src/base/mistaken-file.ts';
import { headerBytes, isDeepPng, kindOf, statedSize } from './picture-header.ts';

/** Decoded images beyond this many pixels would take gigabytes. */
const mostPixels = 100e6;

/**
 * An image file as `fcn` itself reads it: upright by its EXIF orientation, its colors as they are stored, transparent
 * pixels on white.
 * @throws Error with words for people when the browser cannot read it.
 */
export async function decodePicture(file: Blob, name: string): Promise<ImageBitmap> {
  const start = new Uint8Array(await file.slice(0, headerBytes).arrayBuffer());
  const mistake = mistakenFor(start);
  if (mistake) throw new Error(`image ${name}: got no image: ${mistake}`);
  const stated = statedSize(start);
  if (stated) checkSize(stated, name); // before the browser makes room for it
  const decoded = await decode(file, start).catch((thrown: unknown) => {
    throw new Error(`image ${name}: ${aboutUnreadable(start, reasonOf(thrown))}`, { cause: thrown });
  });
  const { width, height } = decoded;
  try {
    checkSize(decoded, name);
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

async function decode(file: Blob, start: Uint8Array): Promise<ImageBitmap> {
  if (isDeepPng(start)) {
    const { decodeDeepPng } = await import('./decode-deep-png.ts'); // few need it
    return decodeDeepPng(new Uint8Array(await file.arrayBuffer()));
  }
  return createImageBitmap(file, {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
}

/** Browsers only say that they cannot: of an image that they know, the likely reason is that it is not whole. */
function aboutUnreadable(start: Uint8Array, reason: string): string {
  const kind = kindOf(start);
  if (kind === 'TIFF')
    return 'got a TIFF image, which browsers cannot read, expected an image of the web; save it as PNG';
  if (kind === undefined) {
    return (
      `this browser cannot read it (${reason}), expected a PNG, JPEG, WebP or another image file of the web; choose another ` +
      'file, or save it as PNG'
    );
  }
  const orNew = kind === 'AVIF' ? ', or of a kind that this browser cannot read' : '';
  return `got ${kind === 'AVIF' ? 'an' : 'a'} ${kind} image that is damaged or incomplete${orNew}, expected a whole one; copy or download it again`;
}

function checkSize(
  { width, height }: { readonly width: number; readonly height: number },
  name: string,
): void {
  if (width * height <= mostPixels) return;
  throw new Error(
    `image ${name}: got ${width}x${height} pixels, expected at most ${mostPixels / 1e6} million; make it smaller`,
  );
}
