import * as z from 'zod';
import { listOf, recordOf } from '../../base/schemas.ts';
import type { Metrics } from './metrics.ts';

const fraction = z.number().nullable();

/** Metrics as JSON holds them. Those of earlier versions have fewer figures. */
export const metricsSchema: z.ZodType<Metrics> = z
  .looseObject({
    ...{ images: z.number(), pixels: z.number() },
    ...{ pixelAccuracy: fraction, meanAccuracy: fraction, meanIoU: fraction, fwIoU: fraction },
    classes: listOf(
      z.looseObject({ name: z.string(), iou: fraction, accuracy: fraction, pixels: z.number() }),
    ),
    confusionMatrix: listOf(listOf(z.number())),
    heads: z.lazy(() => recordOf(metricsSchema)).optional(),
  })
  .refine(({ classes, confusionMatrix }) => isSquare(confusionMatrix, classes.length), {
    error: 'expected a row and a column of confusionMatrix for each class',
  })
  .transform((metrics) => metrics as unknown as Metrics);

function isSquare(matrix: readonly (readonly number[])[], size: number): boolean {
  return matrix.length === size && matrix.every((row) => row.length === size);
}
