import { inputError, reasonOf } from '../../base/errors.ts';
import { type Metadata, sharp } from '../../base/sharp.ts';
import { bytesOf } from '../../base/tensor.ts';
import type { RgbImage } from './image.ts';
import type { RowSource } from './row-source.ts';

/**
 * The rows of an image file that is too large to be decoded as a whole, as `decodeImage` gives them. A JPEG or a PNG is
 * decoded from its beginning to the last row at each call, but only the rows are kept.
 * @param name what messages call it
 * @returns undefined where the pixels of the file are more than rows of 8-bit gray or RGB: to be turned upright, with alpha,
 *   of more bits, in another color space, of several pages; and where the file cannot be read, which decoding it explains
 */
export async function openRows(file: string, name = file): Promise<RowSource | undefined> {
  const metadata = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!metadata || !isPlain(metadata)) return undefined;
  const { width, height } = metadata;
  return {
    width,
    height,
    rows: (top, count) => readRows(file, name, { left: 0, top, width, height: count }),
  };
}

function isPlain({
  format,
  channels,
  space,
  depth,
  orientation = 1,
  pages = 1,
  hasAlpha,
}: Metadata): boolean {
  const isColor = channels === 3 && space === 'srgb';
  const isGray = channels === 1 && space === 'b-w';
  const hasRows = ['jpeg', 'png', 'tiff', 'webp'].includes(format);
  return hasRows && (isColor || isGray) && depth === 'uchar' && orientation === 1 && pages === 1 && !hasAlpha;
}

type Rows = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

async function readRows(file: string, name: string, rows: Rows): Promise<RgbImage> {
  const decode = (failOn: 'warning' | 'error') =>
    sharp(file, { failOn, ignoreIcc: true, limitInputPixels: false })
      .extract(rows)
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  try {
    const { data, info } = await decode('warning').catch((thrown) => {
      if (/Invalid SOS parameters/.test(reasonOf(thrown))) return decode('error'); // see decode.ts
      throw thrown;
    });
    return { width: info.width, height: info.height, data: bytesOf(data) };
  } catch (thrown) {
    throw inputError(
      `image ${name}: cannot be decoded (${reasonOf(thrown).split('\n')[0]}), expected an intact JPEG, PNG, WebP or TIFF image; ` +
        'replace the file or save it again',
      thrown,
    );
  }
}
