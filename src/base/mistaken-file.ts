/**
 * What a file is that cannot be what its name says, for messages: a part of a sentence that begins with what it is and
 * ends with the way out. undefined where nothing is known.
 * @param start the first bytes, a few hundred of them
 */
export function mistakenFor(start: Uint8Array): string | undefined {
  if (start.length === 0) return 'it is empty; copy or download it again';
  if (hasConvertedLineEndings(start)) {
    return (
      "its line endings were converted, which destroys a PNG; git does so without '*.png binary' in .gitattributes: " +
      'get an intact copy of the file'
    );
  }
  const text = asLatin1(start.subarray(0, 512)).trimStart();
  return mistakes.find(([pattern]) => pattern.test(text))?.[1];
}

/** A PNG begins with 89 PNG 0d 0a 1a 0a, so that this shows (PNG specification, 5.2). */
function hasConvertedLineEndings(start: Uint8Array): boolean {
  const signature = asLatin1(start.subarray(0, 8));
  return ['\n\x1a\n', '\r\r\n', '\r\n\x1a\r'].some((end) => signature.startsWith(`\x89PNG${end}`));
}

/** Bytes as characters, also where there is no Node. */
function asLatin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const mistakes: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec/,
    'it is a Git LFS pointer, not the file itself; run `git lfs pull`',
  ],
  [
    /^(\xef\xbb\xbf)?(<\?xml[^>]*\?>\s*)?<(!doctype html|html|head|body)\b/i,
    'it is a web page, such as a login or an error page, saved under this name; download the file itself',
  ],
  [/^....ftyp(heic|heix|hevc|mif1(?!.{0,40}avi[fs]))/s, 'it is a HEIC image; save it as JPEG or PNG'],
];
