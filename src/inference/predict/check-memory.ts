import { inputError } from '../../base/errors.ts';
import { inBytes, type Memory, memoryOfMachine } from '../../base/memory.ts';
import type { Architecture } from '../../networks/network.ts';
import { bytesPerPixel } from './memory-per-pixel.ts';
import type { Extent } from './tiles.ts';

/** The least share that a prediction takes of what bytesPerPixel says, which is more than was measured of any network. */
const leastShare = 0.4;

/** @throws FcnError for an image that cannot pass the network as a whole: with the numbers and the way out */
export function checkPrediction(
  architecture: Architecture,
  { width, height }: Extent,
  memory: Memory = memoryOfMachine(),
): void {
  const need = bytesPerPixel(architecture) * width * height;
  if (leastShare * need <= memory.limit) return;
  throw inputError(
    `memory: got ${width}x${height} pixels for ${architecture.model} at once, which needs about ${inBytes(need)}, expected at ` +
      `most the ${inBytes(memory.limit)} available; segment images in tiles (--tile auto, without --tta), or lower --resize`,
  );
}
