import { mistakenFor } from '../../base/mistaken-file.ts';

/** Images and documents that fcn does not read, by how they begin. Some browsers read some of them. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^%PDF-/, 'it is a PDF document; save its pages as PNG'],
  [/^\0\0\0.jP {2}\r\n|^\xff\x4f\xff\x51/s, 'it is a JPEG 2000 image; save it as JPEG or PNG'],
  [/^\0\0\0.JXL \r\n|^\xff\n/s, 'it is a JPEG XL image; save it as JPEG or PNG'],
  [/^8BPS/, 'it is a Photoshop document; save it as PNG'],
  [
    /^\x89PNG\r\n.\n....CgBI/s,
    'it is a PNG that was changed for iPhones (CgBI); open it on a Mac, and save it as PNG',
  ],
  [/^\s*(<\?xml[^>]*>\s*)?<svg\b/, 'it is a drawing (SVG); save it as PNG'],
];

/** What a file is that cannot be read as an image, as mistakenFor says it. */
export function mistakenForImage(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 512));
  return mistakenFor(bytes) ?? kinds.find(([pattern]) => pattern.test(text))?.[1];
}
