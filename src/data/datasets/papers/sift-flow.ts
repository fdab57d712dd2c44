import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { checkDirectory } from '../check-directory.ts';
import type { Dataset } from '../dataset.ts';
import { fileDataset, pairFiles } from '../file-dataset.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { joinLabelings } from '../labelings.ts';
import { listSplits, readSplit } from '../split-file.ts';
import { type OnUnusable, refuseUnusable } from '../unusable.ts';
import { countedFromOne, matrixLabel } from './matrix-label.ts';
import { siftFlowClasses } from './sift-flow-classes.ts';

/** The folder below those of images and labels. */
const inner = 'spatial_envelope_256x256_static_8outdoorcategories';

/** Where the labels of each labeling lie, and what is unlabeled in them. */
const labelings = {
  semantic: { folder: 'SemanticLabels', unlabeled: 0 },
  geometric: { folder: 'GeoLabels', unlabeled: -1 },
} as const;

/**
 * `siftflow:DIR`, with semantic and geometric labels at once, or `siftflow:DIR?labels=geometric`: SIFT Flow (Liu et al. 2011) in the layout that the reference implementation reads
 * (siftflow_layers.py): Images/INNER/NAME.jpg; SemanticLabels/INNER/NAME.mat with the variable `S`, 1 to 33, 0 void; GeoLabels likewise, 1
 * to 3, -1 void; trainval.txt and test.txt.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openSiftFlow(
  rest: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { directory, chosen } = parse(rest);
  const ids = await readSplit(directory, split, onUnusable);
  const find = (part: string, extensions: readonly string[], what: string) =>
    findFiles(path.join(directory, part, inner), extensions, ids, what, onUnusable);
  const images = await find('Images', imageExtensions, 'image');
  const labels = new Map<Labels, ReadonlyMap<string, string>>();
  for (const name of chosen) labels.set(name, await find(labelings[name].folder, ['.mat'], 'label'));
  const whole = ids.filter((id) => [...labels.values()].every((files) => files.has(id)));
  const name = `siftflow:${rest} ${split}`;
  const parts = [...labels].map(([labeling, files]) => {
    const { unlabeled } = labelings[labeling];
    const classes = siftFlowClasses[labeling];
    const classOf = countedFromOne(classes.length, unlabeled);
    const samples = pairFiles(whole, images, files, (bytes, file) => matrixLabel(bytes, file, 'S', classOf));
    return [labeling, fileDataset(name, classes, samples)] as const;
  });
  return parts.length === 1 ? parts[0]![1] : joinLabelings(name, new Map(parts));
}

export async function siftFlowSplits(rest: string): Promise<string[]> {
  return listSplits(parse(rest).directory);
}

type Labels = keyof typeof labelings;

function parse(rest: string): { directory: string; chosen: readonly Labels[] } {
  const [, directory = '', name = 'both'] = /^(.*?)(?:\?labels=(\w+))?$/.exec(rest) ?? [];
  checkDirectory('siftflow', directory);
  const all = Object.keys(labelings) as Labels[];
  if (name === 'both') return { directory, chosen: all };
  if (Object.hasOwn(labelings, name)) return { directory, chosen: [name as Labels] };
  throw inputError(`data siftflow:${rest}: got the labels ${name}, expected one of ${all.join(', ')}, both`);
}
