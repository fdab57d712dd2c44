import { type Plan, plainPlan, standardPlan } from '../engine/rewrites/plan.ts';

/** The first stages of a padded backbone: their maps are so large that half of each is better than all of it. */
const halves = ['center/stage1', 'center/stage2'];

/**
 * How networks are computed unless something else is asked for; each number was measured on AVX2 processors. Winograd's gain
 * was measured on VGG-16, whose padded maps are large enough for it whatever the image; the maps of the blank are so small
 * that the transforms of the kernels would not pay.
 */
export const defaultPlan: Plan = {
  ...standardPlan,
  halves,
  winograd: [{ tiles: 0, places: ['blank'] }, ...standardPlan.winograd],
};

/** For files that other tools run, which compute convolutions in their own ways. */
export const exportPlan: Plan = { ...plainPlan, halves };
