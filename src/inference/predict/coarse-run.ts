import { hasOnlyFinite, reuse, type Tensor } from '../../base/tensor.ts';
import type { Image } from '../../data/images/image.ts';
import { headsOf } from '../../networks/class-heads.ts';
import { type CoarseGrid, entriesFor } from '../../networks/graphs/coarse-output.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { cellsOfGrid } from './between-entries.ts';
import { enlargeScores } from './enlarge-scores.ts';
import { scoresOfHeads } from './heads.ts';
import { interpolatedClasses } from './interpolated-classes.ts';
import type { NetworkRun, Size } from './segmenter-on.ts';
import { Spare } from './spare.ts';

/**
 * A network whose graph gives coarse scores: they are interpolated here, or only as far as classes need it.
 * @param run writes the coarse scores of each head
 */
export function coarsely(
  config: ModelConfig,
  grids: readonly CoarseGrid[],
  run: (image: Image, coarse: readonly Tensor<'float32'>[]) => Promise<void>,
): NetworkRun {
  const heads = headsOf(config);
  const spares = heads.map(() => new Spare());
  const coarseOf = async <T>(image: Image, use: (coarse: readonly Tensor<'float32'>[]) => T): Promise<T> => {
    const coarse = heads.map(({ numClasses }, i) => {
      return reuse(spares[i]!.take(), [1, numClasses, ...entriesOf(image, grids[i]!)]);
    });
    await run(image, coarse);
    const result = use(coarse);
    for (const [i, tensor] of coarse.entries()) spares[i]!.leave(tensor);
    return result;
  };
  return {
    scores: (image, into) =>
      coarseOf(image, (coarse) => {
        for (const [i, own] of scoresOfHeads(config, into).entries())
          enlargeScores(coarse[i]!, grids[i]!, own);
      }),
    classes: (image) =>
      coarseOf(image, (coarse) => {
        if (!coarse.every(hasOnlyFinite)) return undefined;
        return coarse.map((scores, i) => {
          const cells = [cellsOfGrid(image.height, grids[i]!), cellsOfGrid(image.width, grids[i]!)] as const;
          return interpolatedClasses(scores, ...cells);
        });
      }),
  };
}

function entriesOf({ height, width }: Size, grid: CoarseGrid): [number, number] {
  return [entriesFor(height, grid), entriesFor(width, grid)];
}
