import type { Image, LabelImage, RgbImage } from '../images/image.ts';
import type { LabelMeaning } from './label-meaning.ts';

/** An image with its label map of the same size. */
export interface Sample<I extends Image = Image> {
  readonly id: string;
  readonly image: I;
  readonly label: LabelImage;
  /** Its label maps in the other labelings of the data set, in their order; not there where there is one labeling. */
  readonly otherLabels?: readonly LabelImage[];
  /** What is special about how the image was read (images/remarks.ts), if anything is. */
  readonly remarks?: readonly string[];
}

/** A sample whose image is 8-bit RGB, as pages have them. */
export type RgbSample = Sample<RgbImage>;

/** A channel of the images of a data set. */
export interface Channel {
  /** What it shows: `red`, `depth in mm`. */
  readonly name: string;
  /** Its mean over the data, of the logarithm where it goes by that; default: what is measured, or for colors what weights expect. */
  readonly mean?: number;
  /** Whether a network is to be given its logarithm. */
  readonly log?: boolean;
  /** The network of several that it is for; default: all channels go into one. */
  readonly stream?: string;
}

/** The name of a channel of which nothing else is known: `channel 1` of the first. */
export function numberedChannel(index: number): string {
  return `channel ${index + 1}`;
}

/** What the pixels of images are told apart by. */
export interface Labeling {
  /** As in `semantic`. */
  readonly name: string;
  /** Class names; the index is the class number. */
  readonly classes: readonly string[];
}

/** One split of a data set. */
export interface Dataset<I extends Image = Image> {
  /** The SPEC it was opened with and the split, for messages and reports: `voc:DIR train`. */
  readonly name: string;
  /** Class names; the index is the class number. Of the first labeling, where there are several. */
  readonly classes: readonly string[];
  /** All labelings, where images have several label maps, as those of SIFT Flow do: a network has a head for each. */
  readonly labelings?: readonly Labeling[];
  /** Ids in the order of the split file. */
  readonly ids: readonly string[];
  /** Image and label of `ids[index]`. @throws FcnError naming the file when either is missing, broken or inconsistent. */
  load(index: number): Promise<Sample<I>>;
  /** The label alone, for scoring, in the first labeling or in another, by its number. @throws as `load`. */
  loadLabel(index: number, labeling?: number): Promise<LabelImage>;
  /** Where the image of `ids[index]` comes from, for messages. */
  imageSource(index: number): string;
  /** The files that other channels of the image of `ids[index]` are read from; not there where there are none. */
  otherImageFiles?(index: number): readonly string[];
  /** The files that the label of `ids[index]` is read from; not there where labels are made, as those of shapes: are. */
  labelFiles?(index: number): readonly string[];
  /** What masks hold; not there where labels are class numbers. */
  readonly meaning?: LabelMeaning;
  /** What its images show; not there where they are RGB, as most are. */
  readonly channels?: readonly Channel[];
  /** The same with images of so many channels, as their files hold them; not there where images are no files of their own. */
  withChannels?(count: number): Promise<Dataset>;
  /** What the user of the data should know, a line each. */
  readonly warnings?: readonly string[];
}
