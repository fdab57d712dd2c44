import { pngChunk } from './png-chunk.ts';

/** Signature and header chunk (PNG specification, 5.2 and 11.2.1), behind which other chunks may stand. */
const headerBytes = 8 + 25;

/** The chunk that says what wrote a file: keyword and text (PNG specification, 11.3.3.2). */
export const softwareChunk = pngChunk('tEXt', Buffer.from('Software\0fcn', 'latin1'));

/** A PNG file that also says that fcn wrote it. Its pixels and palette are what they were. */
export function withSoftware(png: Uint8Array): Uint8Array {
  return Buffer.concat([png.subarray(0, headerBytes), softwareChunk, png.subarray(headerBytes)]);
}

/** Whether a PNG file says so. Programs that change it leave this out, or have it elsewhere. @param start of the file */
export function isFromFcn(start: Uint8Array): boolean {
  const found = start.subarray(headerBytes, headerBytes + softwareChunk.length);
  return Buffer.compare(found, softwareChunk) === 0;
}

/** So many bytes of a file are enough to ask. */
export const softwareBytes = headerBytes + softwareChunk.length;
