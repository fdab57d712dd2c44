import { allocate } from '../../base/tensor.ts';
import { pixelTensor } from '../../data/batches/batch.ts';
import type { Image, LabelImage } from '../../data/images/image.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import type { Model } from '../../weights/model.ts';
import { loadSegmenter } from '../predict/load-segmenter.ts';

/** An image, and its classes in float32. */
export interface Reference {
  readonly image: Image;
  readonly classes: LabelImage;
}

/** Segments images in float32. @throws FcnError of the runtime */
export async function referencesOf(
  model: Model,
  images: readonly Image[],
  runtime: Runtime,
  { threads }: SessionOptions,
): Promise<Reference[]> {
  const segmenter = await loadSegmenter(runtime, model, { threads, images: images.length });
  const references: Reference[] = [];
  try {
    for (const image of images) references.push({ image, classes: await segmenter.segment(image) });
    return references;
  } finally {
    await segmenter.release();
  }
}

/** The fraction of all pixels to which a file of `encodeExport` gives another class than float32. */
export async function changedBy(
  file: Uint8Array,
  references: readonly Reference[],
  runtime: Runtime,
  { threads }: SessionOptions,
): Promise<number> {
  const session = await runtime.createSession(file, { threads });
  let changed = 0;
  let pixels = 0;
  try {
    for (const { image, classes: expected } of references) {
      const classes = allocate('uint8', [1, image.height, image.width]);
      await session.run({ image: pixelTensor(image) }, { classes });
      for (let i = 0; i < classes.data.length; i++) if (classes.data[i] !== expected.data[i]) changed++;
      pixels += classes.data.length;
    }
    return changed / pixels;
  } finally {
    await session.release();
  }
}
