import { statSync } from 'node:fs';
import path from 'node:path';
import { counted } from '../../../base/counted.ts';
import { inputError } from '../../../base/errors.ts';
import { listFolder } from '../../../base/files.ts';
import { readWithRemarks } from '../../images/decode.ts';
import { checkDirectory } from '../check-directory.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  type ReportProblem,
} from './annotated-images.ts';
import { withBackground } from './coco-classes.ts';
import { eachUsable } from './each-usable.ts';
import { filesBelow, ImageFinder, idOfPath } from './find-images.ts';
import { labelOfRegions } from './labelstudio-labels.ts';
import { groupMasks, isMaskName, labelOfMasks } from './labelstudio-masks.ts';
import { labelOf, readTasks, type Task } from './labelstudio-tasks.ts';

/**
 * `labelstudio:FILE.json` or `labelstudio:DIR` with one such file: Label Studio's exports JSON and JSON-MIN, with the
 * images beside or below. Where DIR has the masks of its export "Brush labels to PNG" (task-1-annotation-2-...png),
 * they are taken in place of what the file says, and without a file, task 1 is about 1.jpg or task-1.jpg.
 * Classes are the background and all labels that occur, sorted.
 */
export async function readLabelStudio(given: string, report: ReportProblem): Promise<AnnotatedImages> {
  checkDirectory('labelstudio', given);
  const isFile = statSync(given).isFile();
  const folder = isFile ? path.dirname(given) : given;
  const files = await filesBelow(folder);
  const masks = isFile ? new Map() : groupMasks(files);
  const finder = new ImageFinder(
    folder,
    files.filter((file) => !isMaskName(file)),
  );
  const json = isFile ? given : await findJson(folder, masks.size > 0);
  const tasks = json ? await readTasks(json) : [...masks.keys()].map(taskOfMasks);
  const annotated = tasks.filter(({ id, regions }) => regions !== undefined || masks.has(id));
  if (annotated.length === 0) {
    throw inputError(
      `data labelstudio:${given}: got ${counted(tasks.length, 'task')} without annotations, expected some with one; predictions count only after ` +
        'you accept them',
    );
  }
  const found = await eachUsable(
    annotated,
    report,
    ({ id }) => `${id}`,
    (task) => ({ task, image: findImage(task, finder, json ?? folder) }),
  );
  const labels = found.flatMap(({ task: { id, regions } }) => {
    return masks.get(id)?.map((mask: { label: string }) => mask.label) ?? regions!.map(labelOf);
  });
  const classes = withBackground([...new Set(labels.filter((label) => label !== undefined).sort())]);
  checkClassCount(classes, json ?? folder);
  const numbers = new Map(classes.map((name, index) => [name, index]));
  return {
    classes,
    warnings: warningsAbout(tasks, annotated),
    images: found.map(({ task, image }): AnnotatedImage => {
      const own = masks.get(task.id);
      return {
        id: idOfPath(path.relative(folder, image)),
        source: image,
        readImage: () => readWithRemarks(image),
        labelSource: own ? path.join(folder, own[0].file) : json!,
        ...(own && { labelFiles: own.map(({ file }: { file: string }) => path.join(folder, file)) }),
        readLabel: (tell) =>
          own
            ? labelOfMasks(folder, own, numbers)
            : labelOfRegions(task.regions!, image, numbers, task.place, tell),
      };
    }),
  };
}

function warningsAbout(tasks: readonly Task[], annotated: readonly Task[]): string[] {
  const bare = tasks.length - annotated.length;
  const disputed = annotated.filter(({ rivals }) => rivals > 0).length;
  return [
    ...(bare > 0 ? [`left out: ${counted(bare, 'task')} without an annotation`] : []),
    ...(disputed > 0
      ? [
          `${counted(disputed, 'task has', 'tasks have')} several annotations, and the first one is used; mark one of each as ground truth in Label Studio ` +
            'to choose another',
        ]
      : []),
  ];
}

/** The only JSON file of a folder. */
async function findJson(folder: string, optional: boolean): Promise<string | undefined> {
  const names = (await listFolder(folder, 'data set')).filter((name) => name.toLowerCase().endsWith('.json'));
  if (names.length === 1) return path.join(folder, names[0]!);
  if (names.length === 0 && optional) return undefined;
  throw inputError(
    `data labelstudio:${folder}: got ${names.length} JSON files in this folder, expected one; name it: labelstudio:FILE.json`,
  );
}

function taskOfMasks(id: number): Task {
  return { id, images: [`${id}`, `task-${id}`], regions: undefined, rivals: 0, place: `task ${id}` };
}

/** By the names that the task has for its image: a URL, a path on the server, or what was uploaded. */
function findImage({ id, images, place }: Task, finder: ImageFinder, where: string): string {
  for (const name of images) {
    // Label Studio writes eight digits before the names of uploaded files.
    for (const candidate of [name, name.replace(/(^|\/)[0-9a-f]{8}-([^/]*)$/, '$1$2')]) {
      const found = finder.find(candidate);
      if (found) return found;
    }
  }
  throw inputError(
    `Label Studio ${place}: the image of task ${id} (${images.join(', ') || 'not named'}) is missing in ${path.dirname(where)}`,
  );
}
