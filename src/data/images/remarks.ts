/**
 * What is special about how an image was read, for people: `image a.jpg: REMARK`. They are the same words for all images
 * of a kind, so that they can be counted.
 */
export const remarks = {
  turned: 'is turned upright according to its EXIF orientation',
  maskTurned: 'has a mask with the stored size, which is turned upright with it',
  maskTurnsItself: 'has a mask with an EXIF orientation of its own, by which the mask is turned upright',
  maskFits: 'has a mask that fits both as stored and upright, and counts as upright',
  transparent: 'has transparent pixels, which are shown on white',
  frames: 'has more than one frame or page; the first one is used',
  extraChannels: 'has channels besides red, green and blue, which are ignored',
  lossyMask:
    'has a mask in a lossy format (WebP, JPEG): each pixel counts as the nearest class, which is wrong at edges; save masks as PNG',
  withoutSegmentation:
    'has annotations without a segmentation, which are ignored: what they show counts as background',
  shortPolygon: 'has polygons with fewer than 3 points, which cover nothing and are ignored',
  outside:
    'has shapes that lie wholly outside of it, which are ignored; they may have been drawn on an image of another size',
  firstPixel:
    'has shapes within its first pixel, as if their coordinates were fractions of its size: they cover next to nothing',
  percents:
    'has shapes within its first 100 pixels only, as if their coordinates were percents of its size: pixels are expected',
  trainIds:
    'has no label id above 18, as if its labels were train ids: files of those are called X_gtFine_labelTrainIds.png',
  withoutLabel: 'has areas without a label, which are ignored',
  severalLabels: 'has areas with several labels; the first label counts',
  irregular: 'does not follow its format exactly, and is read the way image viewers read it',
  ofBits: (bits: number) =>
    `has values of ${bits} bits in a 16-bit file, which are ${bits > 8 ? `divided by ${2 ** (bits - 8)}` : 'used as they are'}`,
} as const;
