import path from 'node:path';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { encodeLabelPng } from '../../data/images/label-png.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { withSoftware } from '../../data/images/png-software.ts';

/** Writes predicted classes to FOLDER/ID.png, a palette PNG in VOC's colors. @throws FcnError (exit code 1) when the disk refuses. */
export async function writePrediction(folder: string, id: string, prediction: LabelImage): Promise<void> {
  const file = path.join(folder, `${id}.png`);
  await makeFolder(path.dirname(file)); // ids of data sets may have folders in them
  await writeFileAtomic(file, [withSoftware(encodeLabelPng(prediction, vocPalette()))]);
}
