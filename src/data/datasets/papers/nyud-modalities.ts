import { inputError } from '../../../base/errors.ts';
import type { Image } from '../../images/image.ts';
import { readChannels } from '../../images/read-channels.ts';
import type { Channel } from '../dataset.ts';

/** A folder below data/ with an image of each scene. */
type Folder = 'images' | 'depth' | 'hha';

/** What a network is given of each scene: Long et al. 2015, section 5, table 4. */
export interface Modality {
  /** In the order of the channels. */
  readonly folders: readonly Folder[];
  /** Not there for RGB images. */
  readonly channels?: readonly Channel[];
}

const color: readonly Channel[] = ['red', 'green', 'blue'].map((name) => ({ name }));
/** The means are those that nyud_layers.py of the reference implementation subtracts. */
const depth: readonly Channel[] = [{ name: 'depth in mm', log: true, mean: 7.844 }];
const hha: readonly Channel[] = [
  { name: 'horizontal disparity', mean: 132.431 },
  { name: 'height above ground', mean: 94.076 },
  { name: 'angle with gravity', mean: 118.477 },
];

const inStream = (stream: string, channels: readonly Channel[]) =>
  channels.map((channel) => ({ ...channel, stream }));

export const modalities: Readonly<Record<string, Modality>> = {
  rgb: { folders: ['images'] },
  rgbd: { folders: ['images', 'depth'], channels: [...color, ...depth] },
  hha: { folders: ['hha'], channels: hha },
  'rgb-hha': {
    folders: ['images', 'hha'],
    channels: [...inStream('color', color), ...inStream('hha', hha)],
  },
};

/**
 * The depths of a 16-bit gray PNG in millimetres, to the nearest.
 * @param unitsPerMetre what a value of the file is counted in: 1000 for millimetres
 * @throws FcnError naming the file when it is no such PNG, or a depth is more than 65 m
 */
export async function readDepth(file: string, unitsPerMetre: number): Promise<Image> {
  const { width, height, data } = (await readChannels(file, 1)).image;
  if (data instanceof Uint8Array) {
    throw inputError(`image ${file}: got depths of 8 bits, expected a 16-bit gray PNG; replace it`);
  }
  const millimetres = Uint16Array.from(data, (value) =>
    Math.min(65535, Math.round((value * 1000) / unitsPerMetre)),
  );
  return { width, height, data: millimetres };
}
