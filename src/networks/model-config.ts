import * as z from 'zod';
import { listOf } from '../base/schemas.ts';
import { inputConfigSchema } from '../data/input-config.ts';
import { modelNames } from './model-names.ts';

/**
 * Which deconvolutions stay bilinear: all of them (the reference code), the final one (Long et al. 2015, section 4.3),
 * or none.
 */
export const deconvolutionModes = ['fixed', 'final-fixed', 'learned'] as const;

/**
 * What is made of the scores of the last features and of the skips: their sum, their maximum (Long et al. 2015, section 4.2,
 * footnote 6), or nothing: the finest skip is scored alone, pool4 of FCN-16s and pool3 of FCN-8s (section 4.2).
 */
export const fusionModes = ['sum', 'max', 'finest'] as const;

/** How the first class is scored: as all are, or by zero. */
export const backgroundModes = ['scored', 'zero'] as const;

/** What heads may be called: files, columns and layers have their names in theirs. `ID.overlay.png` is another file. */
export const headName = /^(?!overlay$)[a-z][a-z0-9]*$/;

const headSchema = z.object({
  name: z.string().regex(headName, "expected lower-case letters and digits, and not 'overlay'"),
  classes: listOf(z.string()).refine(
    ({ length }) => length >= 1 && length <= 255,
    'expected 1 to 255 classes',
  ),
});

/** All that is needed to build a network around its weights; travels in the weights file. Unknown keys are kept. */
export const modelConfigSchema = z.looseObject({
  model: z.enum(modelNames),
  numClasses: z.int().min(1).max(255),
  width: z.number().positive(),
  /** Share of the channels of DeepLab's head; default: as the width. */
  headWidth: z.number().positive().optional(),
  deconvolution: z.enum(deconvolutionModes),
  /** `zero`: the first class, background (of each head), always scores zero (Shelhamer et al. 2017, section 6); default: it is scored. */
  background: z.enum(backgroundModes).optional(),
  /** How the scores of several layers become one; default: by their sum. */
  fusion: z.enum(fusionModes).optional(),
  /** Whether it has the auxiliary head that torchvision's networks are trained with; default: no. */
  auxiliary: z.boolean().optional(),
  classes: listOf(z.string()),
  /**
   * All heads of a network that predicts several labelings at once (Long et al. 2015, section 5, SIFT Flow): the first has `classes`, the
   * others have layers whose names end in `_NAME`. Default: it has one head.
   */
  heads: listOf(headSchema).optional(),
  input: inputConfigSchema,
  /**
   * Networks of their own for some of the channels each, in the network's order, whose scores are averaged (late fusion: Long et al.
   * 2015, section 5); default: one sees all channels.
   */
  streams: listOf(z.object({ name: z.string().regex(/^[a-z]\w*$/), channels: z.int().min(1) }))
    .refine(({ length }) => length >= 2, 'expected at least 2')
    .optional(),
  /** The size of whole images in training, where they were resized to it or all had about that: it works best at that. */
  trainedSize: z.object({ height: z.int().positive(), width: z.int().positive() }).optional(),
  /** Larger images pass the network made smaller, to this many pixels on the longer side, unless another size is asked for. */
  longestSide: z.int().positive().optional(),
});
export type ModelConfig = z.infer<typeof modelConfigSchema>;
