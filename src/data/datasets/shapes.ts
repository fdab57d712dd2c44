import { inputError } from '../../base/errors.ts';
import { random } from '../../base/rng.ts';
import type { RgbImage } from '../images/image.ts';
import type { Dataset } from './dataset.ts';
import { shapeClasses } from './shapes/classes.ts';
import { renderImage, renderLabel } from './shapes/render.ts';
import { randomScene } from './shapes/scene.ts';

/** The parameters of `shapes:`: what they are when not given, and what they may be. */
const parameters = {
  train: { value: 200, low: 1, high: 1_000_000 },
  val: { value: 50, low: 1, high: 1_000_000 },
  size: { value: 96, low: 32, high: 1024 },
  /** With the background. */
  classes: { value: 6, low: 2, high: shapeClasses.length + 1 },
  seed: { value: 0, low: 0, high: 2 ** 32 - 1 },
};
const splits = ['train', 'val'];
type ShapesConfig = Record<keyof typeof parameters, number>;

/**
 * `shapes:?train=N&val=M&size=S&classes=K&seed=N`: images made when they are loaded, S x S pixels, of one to four
 * textured objects over a textured background. An image depends on the parameters, its split and its number alone,
 * and is the same to the bit on every machine: nothing but + - * / and integers makes it.
 * @throws FcnError for an unknown parameter, a value out of range, or a split other than train and val.
 */
export async function openShapes(query: string, split: string): Promise<Dataset<RgbImage>> {
  const { size, classes, seed, ...counts } = parseShapes(query);
  if (split !== 'train' && split !== 'val') {
    throw inputError(`split '${split}': not in shapes:${query}, expected one of: ${splits.join(', ')}`);
  }
  const ids = Array.from(
    { length: counts[split] },
    (_, index) => `${split}_${String(index).padStart(6, '0')}`,
  );
  const scene = (index: number) => {
    return randomScene(size, classes, random('shapes', seed, split, index, 'scene'));
  };
  const loadLabel = async (index: number) => renderLabel(scene(index));
  return {
    name: `shapes:${query} ${split}`,
    classes: ['background', ...shapeClasses.slice(0, classes - 1).map(({ name }) => name)],
    ids,
    async load(index) {
      const image = renderImage(scene(index), random('shapes', seed, split, index, 'pixels'));
      return { id: ids[index]!, image, label: await loadLabel(index) };
    },
    loadLabel,
    imageSource: (index) => `shapes:${query} ${ids[index]}`,
  };
}

export async function shapesSplits(): Promise<string[]> {
  return splits;
}

function parseShapes(query: string): ShapesConfig {
  const config = Object.fromEntries(
    Object.entries(parameters).map(([name, { value }]) => [name, value]),
  ) as ShapesConfig;
  if (query === '') return config;
  const names = Object.keys(parameters).join(', ');
  if (!query.startsWith('?')) {
    throw inputError(`data 'shapes:${query}': expected shapes: or shapes:?NAME=VALUE&... with ${names}`);
  }
  const given = new Set<string>();
  for (const [name, text] of new URLSearchParams(query)) {
    if (!Object.hasOwn(parameters, name)) {
      throw inputError(`data 'shapes:${query}': got unknown parameter '${name}', expected one of: ${names}`);
    }
    if (given.has(name)) throw inputError(`data 'shapes:${query}': got '${name}' twice, expected it once`);
    given.add(name);
    const key = name as keyof ShapesConfig;
    const { low, high } = parameters[key];
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) {
      throw inputError(`data 'shapes:${query}': got ${name} '${text}', expected an integer ${low}..${high}`);
    }
    config[key] = value;
  }
  return config;
}
