import type { Backend, ClassShare, LabelImage } from '../../../src/library/web/index.ts';
import type { Status } from '../status-line.tsx';
import type { LoadedModel } from './messages.ts';
import type { Picture } from './picture.ts';

/** A pixel of the image. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** All that the section shows. */
export interface SegmentState {
  readonly status: Status;
  /** The model in use. */
  readonly model: LoadedModel | undefined;
  /** What people call its file. */
  readonly modelName: string;
  /** Chosen to compute; '' for the fastest. */
  readonly backend: Backend | '';
  /** The longest side of an image that the network is to see; 0 for the image's own. */
  readonly longest: number;
  readonly picture: Picture | undefined;
  /** Of the picture; undefined until the network has said them. */
  readonly classes: LabelImage | undefined;
  /** The classes of the last result, the largest first. */
  readonly shares: readonly ClassShare[];
  /** Classes that are not painted. */
  readonly hidden: ReadonlySet<number>;
  /** Of the classes over the image, in percent. */
  readonly opacity: number;
  /** The pixel whose class is read. */
  readonly point: Point | undefined;
  readonly isCameraOn: boolean;
}

/** The longest side that a network sees of an image unless it says otherwise. */
const usualLongest = 1600;

export const initialState: SegmentState = {
  status: { text: 'loading model', isError: false },
  model: undefined,
  modelName: '',
  backend: '',
  longest: 513, // what the model is made for that comes with the page
  picture: undefined,
  classes: undefined,
  shares: [],
  hidden: new Set(),
  opacity: 65,
  point: undefined,
  isCameraOn: false,
};

/** The longest side at which a model sees images until another is chosen. */
export function longestFor({ config }: LoadedModel): number {
  return config.longestSide ?? usualLongest;
}

/** The class under the point. */
export function labelAtPoint({ point, classes }: SegmentState): number | undefined {
  return point && classes?.data[point.y * classes.width + point.x];
}
