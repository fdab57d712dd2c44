import { inputError } from '../../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { fileDataset } from './file-dataset.ts';
import { sbdRoot, sbdSamples } from './sbd.ts';
import { hasSeg11valid } from './seg11valid.ts';
import { readSplit } from './split-file.ts';
import { type OnUnusable, refuseUnusable } from './unusable.ts';
import { findVocRoot, readVocSplit, vocMeaning, vocSamples } from './voc.ts';
import { vocClasses } from './voc-classes.ts';

const splits = ['train', 'train-for-seg11valid', 'val', 'seg11valid'];

/**
 * `voc+sbd:VOCDIR,SBDDIR`: VOC with SBD's labels as further training data. No image of an evaluation split is in the
 * training split that belongs to it:
 *
 * - `train`: VOC train and SBD train and val, without VOC val and seg11valid. Where both have a label, VOC's counts.
 * - `val`, `seg11valid`: VOC's images and labels. Both belong to `train`.
 * - `train-for-seg11valid`: what the papers train on: SBD train (8498 images) under SBD's labels, without seg11valid, to
 *   which alone it belongs: it has images of VOC val. So do Long et al. 2015 (section 4.3, "More Training Data"), the
 *   authors' models of the PAMI paper (data/pascal/README.md in their repository) and torchfcn.
 *
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openVocWithSbd(
  directories: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { voc, sbd } = await findRoots(directories);
  const idsOfVoc = (name: string) => readVocSplit(voc, name, onUnusable, { sbd });
  const idsOfSbd = (name: string) => readSplit(sbd, name, onUnusable);
  const evaluation = hasSeg11valid(voc, sbd) ? ['val', 'seg11valid'] : ['val'];
  const [vocIds, sbdIds] = await choose(split, evaluation, idsOfVoc, idsOfSbd);
  const samples = [
    ...(await vocSamples(voc, vocIds, onUnusable)),
    ...(sbdIds.length > 0 ? await sbdSamples(sbd, sbdIds, onUnusable) : []),
  ];
  return fileDataset(`voc+sbd:${directories} ${split}`, vocClasses, samples, vocMeaning);
}

export async function vocWithSbdSplits(): Promise<string[]> {
  return splits;
}

type IdsOf = (split: string) => Promise<string[]>;

/** The ids of a split whose image and label are VOC's, and those that are SBD's. */
async function choose(
  split: string,
  evaluation: readonly string[],
  idsOfVoc: IdsOf,
  idsOfSbd: IdsOf,
): Promise<[string[], string[]]> {
  switch (split) {
    case 'val':
    case 'seg11valid':
      return [await idsOfVoc(split), []];
    case 'train-for-seg11valid':
      return [[], without(await idsOfSbd('train'), await idsOfVoc('seg11valid'))];
    case 'train': {
      // Really seg11valid is a part of val, but a list could hold anything.
      const evaluated = (await Promise.all(evaluation.map(idsOfVoc))).flat();
      const vocIds = without(await idsOfVoc('train'), evaluated);
      const sbdIds = [...new Set([...(await idsOfSbd('train')), ...(await idsOfSbd('val'))])];
      return [vocIds, without(sbdIds, [...vocIds, ...evaluated])];
    }
    default:
      throw inputError(`split '${split}': not in voc+sbd:, expected one of: ${splits.join(', ')}`);
  }
}

function without(ids: readonly string[], others: readonly string[]): string[] {
  const excluded = new Set(others);
  return ids.filter((id) => !excluded.has(id));
}

async function findRoots(directories: string): Promise<{ voc: string; sbd: string }> {
  const [voc, sbd, ...rest] = directories.split(',');
  if (!voc || !sbd || rest.length > 0) {
    throw inputError(
      `data 'voc+sbd:${directories}': expected voc+sbd:VOCDIR,SBDDIR (two folders, one comma)`,
    );
  }
  return { voc: await findVocRoot(voc), sbd: sbdRoot(sbd) };
}
