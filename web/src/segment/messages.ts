import type {
  Backend,
  LabelImage,
  ModelConfig,
  Pixels,
  Segmentation,
} from '../../../src/library/web/index.ts';

/** What the page asks of the worker. Answers come in the order of the questions. */
export type Request =
  | {
      readonly kind: 'load';
      readonly model: Blob | string;
      readonly name: string;
      readonly backend: Backend | undefined;
    }
  /** `pixels` as the network is to see them; classes come back at `size`. */
  | {
      readonly kind: 'segment';
      readonly pixels: Pixels;
      readonly size: Pick<LabelImage, 'width' | 'height'>;
    };

export interface LoadedModel {
  readonly config: ModelConfig;
  readonly backend: Backend;
  readonly threads: number;
}

export interface Results {
  readonly load: LoadedModel;
  readonly segment: Segmentation;
}

/** Of a picture that is segmented in tiles, how many are done. */
export interface TileProgress {
  readonly done: number;
  readonly total: number;
}

/** Progress comes before the answer that ends it. */
export type Reply =
  | { readonly result: Results[keyof Results] }
  | { readonly error: string }
  | { readonly progress: TileProgress };
