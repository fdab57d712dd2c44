import type { Tensor } from '../../base/tensor.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { type ClassHead, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { argmax } from './argmax.ts';

type Heads = Pick<ModelConfig, 'numClasses' | 'heads'>;

/** The parts of a segmenter's scores that belong to each head, [1, C, H, W]; they lie where the scores do. */
export function scoresOfHeads(config: Heads, { shape, data }: Tensor<'float32'>): Tensor<'float32'>[] {
  const [, , height, width] = shape as [number, number, number, number];
  let end = 0;
  return headsOf(config).map(({ numClasses }) => {
    const start = end;
    end += numClasses * height * width;
    return { dtype: 'float32', shape: [1, numClasses, height, width], data: data.subarray(start, end) };
  });
}

/** The classes of highest score for each head. @param scores of all heads @throws as `argmax` */
export function classesOfScores(config: Heads, scores: Tensor<'float32'>): LabelImage[] {
  return scoresOfHeads(config, scores).map(argmax);
}

/** What the name of a file ends in that holds a result of a head: `.png` of the first, `.geometric.png` of another. */
export function endingOf({ suffix }: Pick<ClassHead, 'suffix'>, ending: string): string {
  return suffix.replace('_', '.') + ending;
}
