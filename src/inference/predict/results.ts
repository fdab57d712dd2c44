import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { identityOf } from '../../base/look.ts';
import { longestName } from '../../base/temporary-files.ts';
import { headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { endingOf } from './heads.ts';

/** An image file and what its results are called. */
export interface ImageToSegment {
  readonly file: string;
  /** What messages and lists call it; default: the file. */
  readonly name?: string;
  /** Results are ID.png and so on; with `/` in it, they lie in folders below. */
  readonly id: string;
  /** Files with further channels of the image, in the order of the network's. */
  readonly further?: readonly string[];
}

export function nameOf({ file, name = file }: ImageToSegment): string {
  return name;
}

/** What is written of each image, besides its classes. */
export interface ResultKinds {
  /** Also ID.overlay.png, the image under its classes. */
  readonly overlay?: boolean;
  /** Also ID.npy, the scores as float32 [C, H, W]. */
  readonly logits?: boolean;
}

/** Where the result of an image goes that has one of the endings. */
export function resultFile(out: string, id: string, ending: string): string {
  return path.join(out, `${id}${ending}`);
}

/** The endings of what is written of each image. @param config of the network */
export function endingsOf({ overlay, logits }: ResultKinds, config: ModelConfig): string[] {
  const endings = ['.png', ...(overlay ? ['.overlay.png'] : []), ...(logits ? ['.npy'] : [])];
  return headsOf(config).flatMap((head) => endings.map((ending) => endingOf(head, ending)));
}

/** @throws FcnError naming the image where a result would have a name that file systems do not take */
export function checkNames(image: ImageToSegment, endings: readonly string[]): void {
  for (const ending of endings) {
    const name = path.basename(image.id + ending);
    const bytes = Buffer.byteLength(name);
    if (bytes <= longestName) continue;
    throw inputError(
      `image ${nameOf(image)}: got a name with which the result ${name} would have ${bytes} bytes, expected at most ${longestName}; rename it`,
    );
  }
}

/** @throws FcnError where a result would be written over another, or over an image that was given. */
export function checkResults({
  images,
  out,
  config,
  ...kinds
}: ResultKinds & {
  readonly out: string;
  readonly images: readonly ImageToSegment[];
  readonly config: ModelConfig;
}): void {
  const endings = endingsOf(kinds, config);
  checkDistinct(images, endings);
  checkImagesKept(
    images,
    images.flatMap(({ id }) => endings.map((ending) => resultFile(out, id, ending))),
  );
}

/** No result may be written over another. */
function checkDistinct(images: readonly ImageToSegment[], endings: readonly string[]): void {
  const writers = new Map<string, string>();
  for (const image of images) {
    for (const ending of endings) {
      const result = image.id + ending;
      const other = writers.get(result);
      if (other !== undefined) {
        throw inputError(
          `images: got ${other} and ${nameOf(image)}, whose results would both be ${result}, expected different names; ` +
            'write them to different folders',
        );
      }
      writers.set(result, nameOf(image));
    }
  }
}

/** Nor over an image that was given, whatever it is called there. */
function checkImagesKept(images: readonly ImageToSegment[], results: readonly string[]): void {
  const written = new Set(results.map(identityOf));
  for (const { file } of images) {
    const identity = identityOf(file);
    if (identity === undefined || !written.has(identity)) continue; // where there is none it is said when it is read
    throw inputError(
      `image ${file}: is where a result would be written, expected another folder; choose one with --out`,
    );
  }
}
