import { ignoreLabel, type LabelImage, type RgbImage } from '../images/image.ts';
import type { Color } from '../images/palette.ts';
import { asPicture } from '../images/picture.ts';
import type { Dataset } from './dataset.ts';

/** What of each image can be hidden: what belongs to a class but the first, what belongs to the first, or all but the shapes. */
export const hideable = ['foreground', 'background', 'both'] as const;
export type Hideable = (typeof hideable)[number];

/** The mean color of ImageNet, which the reference networks subtract: zero for them. */
const meanColor: Color = [123, 117, 104];
const white: Color = [255, 255, 255];

/**
 * A data set whose images have a part hidden under the mean color, by their labels: what a network can tell from the rest
 * (Shelhamer et al. 2017, table 8). Void pixels lie between the parts and are hidden with either. Where both are hidden, the foreground
 * is white, so that shapes alone are left. Labels stay as they are.
 */
export function hidingParts(dataset: Dataset, hide: Hideable): Dataset {
  const { withChannels: _, ...ofColors } = dataset;
  return {
    ...ofColors,
    load: async (index) => {
      const { image, label, ...rest } = await dataset.load(index);
      return { ...rest, label, image: hidden(asPicture(image), label, hide) };
    },
  };
}

function hidden(image: RgbImage, label: LabelImage, hide: Hideable): RgbImage {
  const data = Uint8Array.from(image.data);
  for (let i = 0; i < label.data.length; i++) {
    const value = label.data[i]!;
    const isForeground = value !== 0 && value !== ignoreLabel;
    if (hide === 'both') data.set(isForeground ? white : meanColor, 3 * i);
    else if (isForeground ? hide === 'foreground' : value === ignoreLabel || hide === 'background') {
      data.set(meanColor, 3 * i);
    }
  }
  return { ...image, data };
}
