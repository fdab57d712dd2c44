import {
  graphicsPlan,
  type Plan,
  plainPlan,
  standardPlan,
  type WinogradRule,
} from '../engine/rewrites/plan.ts';
import type { Runtime } from '../engine/runtimes/session.ts';

/** What a plan is for: training steps, or predicting. */
export type PlanUse = 'inference' | 'training';

/** The first stages of a padded backbone: their maps are so large that half of each is better than all of it. */
const halves = ['center/stage1', 'center/stage2'];

/** The maps of the blank are so small that the transforms of the kernels would not pay. */
const notInBlank: WinogradRule = { tiles: 0, places: ['blank'] };

/**
 * How networks are computed unless `fcn tune` has measured what is best on a machine; what it measured where is in
 * docs/performance.md. Where Conv stands between others, the maps stay in the blocks of ONNX Runtime. Gradients for narrow layers take so much
 * longer by Conv that F(4x4) pays for them earlier.
 */
export const defaultPlans: Readonly<Record<PlanUse, Plan>> = {
  inference: {
    ...{ ...standardPlan, halves, lines: true },
    winograd: [notInBlank, { tiles: 4, leastChannels: 128 * 256 }],
  },
  training: {
    ...{ ...standardPlan, halves, blocked: true, sumsInPlace: 2 ** 19 },
    winograd: [notInBlank, { tiles: 4, leastChannels: 64 * 64 }],
  },
};

/**
 * Multiplications cost more in WebAssembly: F(4x4) pays from 32 to 32 channels on, for the blank too, to predict and to train. So does
 * memory: sums in place pay earlier.
 */
const webAssemblyPlan: Plan = {
  ...{ ...standardPlan, halves, sumsInPlace: 2 ** 16 },
  winograd: [{ tiles: 4, leastChannels: 32 * 32 }],
};

/**
 * How a runtime computes networks: the CPU as is chosen, by default as above, as far as it can. What is fastest on graphics
 * processors has not been measured; halves take less of their memory.
 */
export function planOn(
  { device, isWebAssembly, hasBlockedLayout }: Omit<Runtime, 'createSession'>,
  use: PlanUse,
  chosen: Plan = isWebAssembly ? webAssemblyPlan : defaultPlans[use],
): Plan {
  if (device !== 'cpu') return { ...graphicsPlan, halves };
  return hasBlockedLayout ? chosen : { ...chosen, blocked: undefined };
}

/** For files that other tools run, which compute convolutions in their own ways. */
export const exportPlan: Plan = { ...plainPlan, halves };
