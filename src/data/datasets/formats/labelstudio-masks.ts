import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import type { LabelImage } from '../../images/image.ts';
import { decodeLabelPng } from '../../images/label-png.ts';
import { blankLabel, paintMask } from './raster/paint.ts';
import { addTo } from './split-folders.ts';

/** A PNG of the export "Brush labels to PNG": not 0 where one region is. */
export interface RegionMask {
  /** Relative to the folder of the export. */
  readonly file: string;
  readonly annotation: number;
  readonly label: string;
}

const maskName = /^task-(\d+)-annotation-(\d+)-by-[^-]*-[^-]+-(.+)-(\d+)\.png$/;

export function isMaskName(file: string): boolean {
  return maskName.test(path.basename(file));
}

/** The masks of each task, of its first annotation, ordered by file name. */
export function groupMasks(files: readonly string[]): Map<number, RegionMask[]> {
  const tasks = new Map<number, RegionMask[]>();
  for (const file of files) {
    const [, task, annotation, label] = maskName.exec(path.basename(file)) ?? [];
    if (task === undefined) continue;
    const mask = { file, annotation: Number(annotation), label: label! };
    addTo(tasks, Number(task), mask);
  }
  for (const [task, masks] of tasks) {
    const first = masks.reduce((least, { annotation }) => Math.min(least, annotation), Infinity);
    tasks.set(
      task,
      masks.filter(({ annotation }) => annotation === first),
    );
  }
  return tasks;
}

/** The label map of a task; masks with later names lie above earlier ones. */
export async function labelOfMasks(
  folder: string,
  masks: readonly RegionMask[],
  numbers: ReadonlyMap<string, number>,
): Promise<LabelImage> {
  let result: LabelImage | undefined;
  for (const { file, label } of masks) {
    const name = path.join(folder, file);
    const mask = decodeLabelPng(await readInput(name, 'mask'), name);
    result ??= blankLabel(mask.width, mask.height);
    if (mask.width !== result.width || mask.height !== result.height) {
      throw inputError(
        `label ${name}: got ${mask.width}x${mask.height} pixels, expected ${result.width}x${result.height} as in the ` +
          'other masks of its task',
      );
    }
    paintMask(result, mask, numbers.get(label)!);
  }
  return result!;
}
