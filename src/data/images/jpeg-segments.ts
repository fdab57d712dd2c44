const startOfScan = 0xda;

/**
 * A JPEG without the bytes that belong to nothing between the segments of its header, and its restart markers there:
 * decoders skip them with a warning, behind which they hide others. (ITU T.81, B.1.1.2)
 */
export function withoutExtraneousBytes(jpeg: Uint8Array): Uint8Array {
  const kept = [jpeg.subarray(0, 2)];
  for (let at = 2; at + 4 <= jpeg.length; ) {
    const marker = jpeg[at + 1]!;
    const isMarker = jpeg[at] === 0xff && marker !== 0 && marker !== 0xff;
    if (!isMarker) at += 1;
    else if (standsAlone(marker)) at += 2;
    else {
      const end = marker === startOfScan ? jpeg.length : at + 2 + ((jpeg[at + 2]! << 8) | jpeg[at + 3]!);
      kept.push(jpeg.subarray(at, end));
      at = end;
    }
  }
  return Buffer.concat(kept);
}

/** TEM and RST0 to RST7 have no length behind them. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}
