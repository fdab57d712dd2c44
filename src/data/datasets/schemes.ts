import type { Dataset } from './dataset.ts';
import { folderSplits, openFolder } from './folder.ts';
import {
  allImages,
  openAnnotated,
  type ReadAnnotatedImages,
  splitsOfAnnotated,
} from './formats/annotated-images.ts';
import { readCityscapes } from './formats/cityscapes.ts';
import { readCoco } from './formats/coco.ts';
import { readCvat } from './formats/cvat.ts';
import { readLabelme } from './formats/labelme.ts';
import { readLabelStudio } from './formats/labelstudio.ts';
import { readRoboflow } from './formats/roboflow.ts';
import { readSupervisely } from './formats/supervisely.ts';
import { readYolo } from './formats/yolo.ts';
import { nyudSplits, openNyud } from './papers/nyud.ts';
import { openPascalContext, pascalContextSplits } from './papers/pascal-context.ts';
import { openSiftFlow, siftFlowSplits } from './papers/sift-flow.ts';
import { openSbd, sbdSplits } from './sbd.ts';
import { openShapes, shapesSplits } from './shapes.ts';
import type { OnUnusable } from './unusable.ts';
import { openVoc, vocSplits } from './voc.ts';
import { openVocWithSbd, vocWithSbdSplits } from './voc-sbd.ts';

/** What opens a data set. `rest` is the SPEC behind the colon of the scheme. */
export interface Scheme {
  readonly open: (rest: string, split: string, onUnusable: OnUnusable) => Promise<Dataset>;
  /** The splits that there are. */
  readonly splits: (rest: string) => Promise<string[]>;
  /** How many images and classes there are in all splits together. */
  readonly count: (rest: string) => Promise<Count>;
}

export interface Count {
  readonly images: number;
  readonly classes: number;
}

/** By the scheme that the SPEC begins with. */
export const schemes: Readonly<Record<string, Scheme>> = {
  voc: listed({ open: openVoc, splits: vocSplits }),
  sbd: listed({ open: openSbd, splits: sbdSplits }),
  'voc+sbd': listed({ open: openVocWithSbd, splits: vocWithSbdSplits }),
  nyud: listed({ open: openNyud, splits: nyudSplits }),
  siftflow: listed({ open: openSiftFlow, splits: siftFlowSplits }),
  'pascal-context': listed({ open: openPascalContext, splits: pascalContextSplits }),
  folder: listed({ open: openFolder, splits: folderSplits }),
  shapes: listed({ open: openShapes, splits: shapesSplits }),
  labelme: annotated('labelme', readLabelme),
  coco: annotated('coco', readCoco),
  cvat: annotated('cvat', readCvat),
  labelstudio: annotated('labelstudio', readLabelStudio),
  roboflow: annotated('roboflow', readRoboflow),
  yolo: annotated('yolo', readYolo),
  supervisely: annotated('supervisely', readSupervisely),
  cityscapes: annotated('cityscapes', readCityscapes),
};

/** A format that is opened split by split. */
function listed({ open, splits }: Omit<Scheme, 'count'>): Scheme {
  return {
    open,
    splits,
    async count(rest) {
      const ids = new Set<string>();
      let classes = 0;
      const failures: unknown[] = [];
      for (const split of await splits(rest)) {
        const dataset = await open(rest, split, ignoreUnusable).catch((thrown) => void failures.push(thrown));
        for (const id of dataset?.ids ?? []) ids.add(id);
        classes = dataset?.classes.length ?? classes;
      }
      if (classes === 0 && failures.length > 0) throw failures[0]; // there is nothing to count
      return { images: ids.size, classes };
    },
  };
}

/** The format of a labelling tool, which is read as a whole. */
function annotated(name: string, read: ReadAnnotatedImages): Scheme {
  return {
    open: async (rest, split, onUnusable) =>
      openAnnotated(`${name}:${rest}`, (report) => read(rest, report), split, onUnusable),
    splits: (rest) => splitsOfAnnotated((report) => read(rest, report)),
    async count(rest) {
      const { classes, images } = await read(rest, ignoreUnusable);
      return { images: allImages(images).length, classes: classes.length };
    },
  };
}

/** What is wrong with images or a split is said when the split is opened. */
function ignoreUnusable(): undefined {
  return undefined;
}
