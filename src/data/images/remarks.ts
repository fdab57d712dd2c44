/**
 * What is special about how an image was read, for people: `image a.jpg: REMARK`. They are the same words for all images
 * of a kind, so that they can be counted.
 */
export const remarks = {
  turned: 'is turned upright, as its EXIF orientation says',
  maskTurned: 'has a mask of the stored size, which is turned upright with it',
  maskFits: 'has a mask that fits both as stored and upright, and is taken as upright',
  transparent: 'has transparent pixels, which are seen on white',
  frames: 'has more than one frame or page, of which the first is used',
  extraChannels: 'has channels beside red, green and blue, which are left out',
  lossyMask:
    'has a mask in a format that does not keep values (lossy WebP, JPEG): each pixel is taken for the nearest class, wrong at edges; save masks as PNG',
  withoutSegmentation:
    'has annotations without a segmentation, which are left out: what they show counts as background',
  shortPolygon: 'has polygons of fewer than 3 points, which cover nothing and are left out',
  withoutLabel: 'has areas without a label, which are left out',
  severalLabels: 'has areas of several labels, of which the first counts',
  irregular: 'is irregular inside, and read as image viewers do',
  ofBits: (bits: number) =>
    `has values of ${bits} bits in a 16-bit file, which are ${bits > 8 ? `divided by ${2 ** (bits - 8)}` : 'taken as they are'}`,
} as const;
