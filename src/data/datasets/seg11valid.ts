import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { findSbdRoot } from './sbd-root.ts';
import { readSplit } from './split-file.ts';
import type { OnUnusable } from './unusable.ts';

/**
 * The validation set of the papers: VOC 2011's val without the images of SBD's train, on which they train (Long et al.
 * 2015, section 4.3, "the non-intersecting set of 736 images"). The list that the authors published is taken where it
 * is among the splits; else it is computed from those two.
 * @param vocRoot folder of VOC 2011, or of VOC 2012 with VOC2011 beside it: VOC 2012 has all images of VOC 2011
 * @param sbdRoot folder of SBD; by default looked for where `fcn data get sbd` puts it, beside VOCdevkit
 * @throws FcnError saying what is missing and where the list can be had
 */
export async function seg11valid(
  vocRoot: string,
  sbdRoot: string | undefined,
  onUnusable: OnUnusable,
): Promise<string[]> {
  const { listed, voc2011, sbd } = locate(vocRoot, sbdRoot);
  if (existsSync(listed)) return readSplit(path.dirname(listed), 'seg11valid', onUnusable);
  if (!existsSync(voc2011) || !sbd) {
    const missing = [
      existsSync(voc2011) ? [] : [`VOC 2011's list ${voc2011}`],
      sbd ? [] : ["SBD's train.txt (in benchmark_RELEASE/dataset next to VOCdevkit)"],
    ].flat();
    throw inputError(
      `split 'seg11valid': got no list ${listed}, and it cannot be computed without ${missing.join(' and ')}; get ` +
        'them (fcn data get), or the list: github.com/shelhamer/fcn.berkeleyvision.org, data/pascal/seg11valid.txt',
    );
  }
  const trained = new Set(await readSplit(sbd, 'train'));
  const val = await readSplit(path.dirname(voc2011), 'val');
  return val.filter((id) => !trained.has(id));
}

/** Whether there is a list or what it is computed from. */
export function hasSeg11valid(vocRoot: string, sbdRoot?: string): boolean {
  const { listed, voc2011, sbd } = locate(vocRoot, sbdRoot);
  return existsSync(listed) || (existsSync(voc2011) && sbd !== undefined);
}

/** Where the published list, VOC 2011's val and SBD have to be. */
function locate(vocRoot: string, sbdRoot?: string): { listed: string; voc2011: string; sbd?: string } {
  const root = path.resolve(vocRoot);
  const lists = path.join('ImageSets', 'Segmentation');
  const voc2011 = path.basename(root) === 'VOC2011' ? root : path.join(path.dirname(root), 'VOC2011');
  const beside = ['.', '..', '../..'].map((above) => path.join(root, above, 'benchmark_RELEASE'));
  return {
    listed: path.join(root, lists, 'seg11valid.txt'),
    voc2011: path.join(voc2011, lists, 'val.txt'),
    sbd: sbdRoot ?? beside.map(findSbdRoot).find((found) => found !== undefined),
  };
}
