import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { readTextLines, shortList } from '../../../base/text.ts';
import { checkDirectory } from '../check-directory.ts';
import type { Dataset } from '../dataset.ts';
import { fileDataset, pairFiles } from '../file-dataset.ts';
import { findFiles, imageExtensions } from '../find-files.ts';
import { listSplits, readSplit } from '../split-file.ts';
import { type OnUnusable, refuseUnusable } from '../unusable.ts';
import { findVocRoot } from '../voc.ts';
import { matrixLabel } from './matrix-label.ts';
import { type ContextClasses, contextClasses, nameInList } from './pascal-context-classes.ts';

const splits = ['train', 'val', 'trainval'];

/**
 * `pascal-context:VOCDIR,CONTEXTDIR` or `...?classes=33`: PASCAL-Context (Mottaghi et al. 2014) as the reference implementation reads it
 * (pascalcontext_layers.py): images and ImageSets/Main/SPLIT.txt of VOC 2010; CONTEXTDIR/trainval/ID.mat with the variable `LabelMap`, whose
 * numbers are those of CONTEXTDIR/labels.txt, lines of `N: name`. What is none of the 59 or 33 classes is background, which is a class.
 * @throws FcnError when anything that the split names is missing; the content of a file is checked when it is loaded.
 */
export async function openPascalContext(
  rest: string,
  split: string,
  onUnusable: OnUnusable = refuseUnusable,
): Promise<Dataset> {
  const { voc, context, classes } = await parse(rest);
  if (!splits.includes(split)) {
    throw inputError(`split '${split}': not in pascal-context:, expected one of: ${splits.join(', ')}`);
  }
  const ids = await readSplit(listsOf(voc), split, onUnusable);
  const images = await findFiles(path.join(voc, 'JPEGImages'), imageExtensions, ids, 'image', onUnusable);
  const labels = await findFiles(path.join(context, 'trainval'), ['.mat'], ids, 'label', onUnusable);
  const numbers = await readNumbers(path.join(context, 'labels.txt'));
  const classOfNumber = new Map(
    [...numbers].map(([number, name]) => [number, Math.max(0, classes.map(nameInList).indexOf(name))]),
  );
  const classOf = (number: number) => (number === 0 ? 0 : classOfNumber.get(number));
  const samples = pairFiles(ids, images, labels, (bytes, file) =>
    matrixLabel(bytes, file, 'LabelMap', classOf),
  );
  return fileDataset(`pascal-context:${rest} ${split}`, classes, samples);
}

export async function pascalContextSplits(rest: string): Promise<string[]> {
  const listed = await listSplits(listsOf((await parse(rest)).voc));
  return splits.filter((split) => listed.includes(split));
}

function listsOf(voc: string): string {
  return path.join(voc, 'ImageSets', 'Main');
}

/** The names of labels.txt by their numbers, without spaces. @throws FcnError for a line that is no `N: name` */
async function readNumbers(file: string): Promise<Map<number, string>> {
  const lines = (await readTextLines(file, 'class list', shortList)).filter((line) => line.trim() !== '');
  return new Map(
    lines.map((line) => {
      const [, number, name] = /^\s*(\d+)\s*:\s*(.+?)\s*$/.exec(line) ?? [];
      if (name !== undefined) return [Number(number), name.replaceAll(' ', '')] as const;
      throw inputError(
        `class list ${file}: got the line ${JSON.stringify(line)}, expected N: name, as in 18: bed`,
      );
    }),
  );
}

async function parse(rest: string): Promise<{ voc: string; context: string; classes: ContextClasses }> {
  const [, directories = '', count = '59'] = /^(.*?)(?:\?classes=(\w+))?$/.exec(rest) ?? [];
  const [voc, context, ...more] = directories.split(',');
  const classes = contextClasses.get(count);
  if (!voc || !context || more.length > 0 || !classes) {
    throw inputError(
      `data 'pascal-context:${rest}': expected pascal-context:VOCDIR,CONTEXTDIR (two folders, one comma), with ?classes=33 ` +
        'behind it for 33 classes instead of 59',
    );
  }
  checkDirectory('pascal-context', context);
  if (!existsSync(path.join(context, 'labels.txt'))) {
    throw inputError(
      `data pascal-context:${rest}: got no labels.txt in ${context}, expected it beside trainval/ID.mat`,
    );
  }
  return { voc: await findVocRoot(voc), context, classes };
}
