import type { ModelConfig } from '../../networks/model-config.ts';
import type { Extent } from './tiles.ts';

/**
 * The size at which a network sees an image where none is asked for: undefined for the image's own, which all have but those that
 * know objects of photographs at one size (`longestSide`) and would find none in one of 12 megapixels.
 */
export function usualSize(
  { longestSide }: Pick<ModelConfig, 'longestSide'>,
  { width, height }: Extent,
): Extent | undefined {
  const longest = Math.max(width, height);
  if (longestSide === undefined || longest <= longestSide) return undefined;
  const scaled = (side: number) => Math.max(1, Math.round((side * longestSide) / longest));
  return { width: scaled(width), height: scaled(height) };
}
