import type { ModelConfig } from '../../networks/model-config.ts';
import type { Extent } from './tiles.ts';

/** Networks find much less where things have half or twice the size that they had in training. */
const farFactor = 1.5;

/** What to say of an image that passes a network at its own size, far from the one that the network was trained at; or nothing. */
export function remarksOnSize(
  { trainedSize, longestSide }: Pick<ModelConfig, 'trainedSize' | 'longestSide'>,
  { width, height }: Extent,
): string[] {
  if (!trainedSize || longestSide !== undefined) return [];
  const factor = Math.sqrt((width * height) / (trainedSize.width * trainedSize.height));
  if (factor < farFactor && factor > 1 / farFactor) return [];
  const size = `${trainedSize.height}x${trainedSize.width}`;
  return [
    `is much ${factor > 1 ? 'larger' : 'smaller'} than the ${size} pixels that the network was trained at; --resize ${size} lets it ` +
      'see the image at that size',
  ];
}
