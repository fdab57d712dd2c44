import { vocSize } from './scratch.ts';

/** What the benchmark can measure: a step in a process that goes on, or a whole program. */
export interface Row {
  /** As `--only` takes it. */
  readonly name: string;
  readonly kind: 'train' | 'infer' | 'eight-bits' | 'predict' | 'evaluate' | 'outside';
  /** Of the images. */
  readonly height: number;
  readonly width: number;
  /** Images of a training step; default: one. */
  readonly batch?: number;
  readonly rounds: number;
  readonly warmup: number;
  /** What the time, and the peak memory, may be at most as a share of the best other's; for `outside` of the whole run. */
  readonly atMost?: number;
  readonly memoryAtMost?: number;
}

const small = { height: 224, width: 224 } as const;

/**
 * What full-width FCN-8s on two threads must reach, in the order in which it is measured. Rounds are chosen so that all
 * of it takes less than ten minutes where a training step takes PyTorch five seconds.
 */
export const targetRows: readonly Row[] = [
  { ...small, name: 'train-224', kind: 'train', rounds: 7, warmup: 2, atMost: 0.6, memoryAtMost: 0.9 },
  { ...vocSize, name: 'train-500', kind: 'train', rounds: 5, warmup: 1, atMost: 0.65 },
  { ...vocSize, name: 'infer-500', kind: 'infer', rounds: 7, warmup: 2, atMost: 0.85 },
  { ...small, name: 'infer-224', kind: 'infer', rounds: 7, warmup: 2, atMost: 0.85 },
  { ...vocSize, name: '8bit-500', kind: 'eight-bits', rounds: 7, warmup: 2, atMost: 0.28 },
  { ...small, name: '8bit-224', kind: 'eight-bits', rounds: 7, warmup: 2, atMost: 0.28 },
  { ...vocSize, name: 'predict', kind: 'predict', rounds: 5, warmup: 1, atMost: 0.8 },
  { ...vocSize, name: 'evaluate', kind: 'evaluate', rounds: 5, warmup: 1, atMost: 0.6 },
  { ...small, name: 'outside', kind: 'outside', rounds: 1, warmup: 0, atMost: 0.03 },
];

export const rowNames = targetRows.map(({ name }) => name);

/** The row with another batch, if it trains. The targets are for one image. */
export function withBatch(row: Row, batch: number): Row {
  return row.kind === 'train' && batch > 1 ? { ...withoutTarget(row), batch } : row;
}

/** A training step and an inference at a size of one's own, for which there are no targets. */
export function rowsAt(size: { readonly height: number; readonly width: number }): Row[] {
  return (['train', 'infer'] as const).map((kind) => ({
    ...size,
    ...{ name: kind, kind, rounds: 7, warmup: 3 },
  }));
}

export function withoutTarget({ atMost: _, memoryAtMost: __, ...row }: Row): Row {
  return row;
}

/** @param images of an evaluation */
export function titleOf({ kind, height, width, batch = 1 }: Row, images: number): string {
  const size = `${width}x${height}`;
  switch (kind) {
    case 'train':
      return `training step, ${size}${batch > 1 ? `, batch ${batch}` : ''}`;
    case 'infer':
      return `inference, ${size}`;
    case 'eight-bits':
      return `segmentation in 8 bits, ${size}`;
    case 'predict':
      return `predict an image, ${size}, whole process`;
    case 'evaluate':
      return `evaluate ${images} images, whole process`;
    case 'outside':
      return 'training run outside the session';
  }
}
