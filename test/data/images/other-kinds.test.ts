import { describe, expect, it } from 'vitest';
import { classNumbers } from '../../../src/data/datasets/label-meaning.ts';
import { decodeMask } from '../../../src/data/datasets/mask-labels.ts';
import { decodeImage } from '../../../src/data/images/decode.ts';

const bytes = (text: string) => Buffer.from(text.padEnd(64, '\0'), 'latin1');

describe('a file that is an image of a kind that fcn does not read', () => {
  it.each([
    ['a PDF document', '%PDF-1.7\n'],
    ['a JPEG 2000 image', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['a JPEG 2000 image', '\xff\x4f\xff\x51'],
    ['a JPEG XL image', '\0\0\0\x0cJXL \r\n\x87\n'],
    ['a JPEG XL image', '\xff\x0a'],
    ['a Photoshop document', '8BPS\0\x01'],
    ['a PNG that was changed for iPhones', '\x89PNG\r\n\x1a\n\0\0\0\x04CgBI'],
    ['a drawing (SVG)', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])('is named: %s', async (kind, start) => {
    await expect(decodeImage(bytes(start), 'a.jpg')).rejects.toThrow(
      `image a.jpg: got no image: it is ${kind}`,
    );
    if (start.startsWith('\x89PNG')) return; // as a mask, it is a damaged PNG
    await expect(decodeMask(bytes(start), 'a.tif', classNumbers(2))).rejects.toThrow(
      `label a.tif: got no image: it is ${kind}`,
    );
  });
});
