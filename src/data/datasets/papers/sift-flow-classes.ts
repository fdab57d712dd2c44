/** The classes of the two labelings of SIFT Flow (data/sift-flow/classes.txt of the reference implementation). */
export const siftFlowClasses = {
  semantic: [
    ...[
      'awning',
      'balcony',
      'bird',
      'boat',
      'bridge',
      'building',
      'bus',
      'car',
      'cow',
      'crosswalk',
      'desert',
    ],
    ...[
      'door',
      'fence',
      'field',
      'grass',
      'moon',
      'mountain',
      'person',
      'plant',
      'pole',
      'river',
      'road',
      'rock',
    ],
    ...['sand', 'sea', 'sidewalk', 'sign', 'sky', 'staircase', 'streetlight', 'sun', 'tree', 'window'],
  ],
  geometric: ['sky', 'horizontal', 'vertical'],
} as const;
