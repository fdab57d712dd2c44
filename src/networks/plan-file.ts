import * as z from 'zod';
import { listOf } from '../base/schemas.ts';
import type { Plan } from '../engine/rewrites/plan.ts';

const tileSize = z.union([z.literal(0), z.literal(2), z.literal(4)], { error: 'expected 0, 2 or 4' });
const positiveInteger = z.int().min(1);

/** A plan as it is recorded, in a run's `config.json` and in plan files. */
export const planSchema: z.ZodType<Plan> = z.strictObject({
  halves: listOf(z.string()),
  bands: positiveInteger.nullable(),
  winograd: listOf(
    z.strictObject({
      tiles: tileSize,
      leastChannels: positiveInteger.optional(),
      places: listOf(z.string()).optional(),
    }),
  ),
  blocks: z.enum(['DepthToSpace', 'Col2Im']).optional(),
  phases: z.boolean().optional(),
  blocked: z.boolean().optional(),
  lines: z.boolean().optional(),
  sumsInPlace: positiveInteger.optional(),
});

/** What `fcn tune` writes: plans, and what they were measured on. */
export const planFileSchema = z.object({
  processor: z.string(),
  /** Version of ONNX Runtime. */
  runtime: z.string(),
  model: z.string(),
  width: z.number(),
  threads: positiveInteger,
  /** Of the image. */
  size: z.object({ height: positiveInteger, width: positiveInteger }),
  inference: planSchema,
  training: planSchema,
});

export type PlanFile = z.infer<typeof planFileSchema>;
