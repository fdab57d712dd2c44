import type { Graph } from '../graph/graph.ts';
import { expandAll } from '../graph/replace.ts';
import { runInHalves } from './halves.ts';
import { useWinograd } from './winograd/winograd.ts';

/**
 * Which rewrite applies where. A graph is built plainly, and computes the same whatever its plan is, up to rounding; a plan
 * decides how fast it is and how much memory it takes. It is data, so that it can be recorded and read.
 *
 * Places are those of `Graph.within`: `center/stage1` is that place and all inside of it.
 */
export interface Plan {
  /** Stages that are computed in halves of their rows (halves.ts). */
  readonly halves: readonly string[];
  /** Elements of a band, about: parameters with more than twice as many are updated in bands (bands.ts). Null: whole. */
  readonly bands: number | null;
  /** 3x3 convolutions that are computed by Winograd's algorithm (winograd/): none where it is null. */
  readonly winograd: {
    /** Input channels times output channels, from which transforming the maps costs less than it saves. */
    readonly leastChannels: number;
    readonly except: readonly string[];
  } | null;
}

/** What pays for any network, as far as it was measured (networks/plans.ts). */
export const standardPlan: Plan = {
  halves: [],
  bands: 2 ** 21,
  winograd: { leastChannels: 128 * 256, except: [] },
};

/** Every graph as its operators say. */
export const plainPlan: Plan = { halves: [], bands: null, winograd: null };

/** The rewrites of a network whose gradients are still to come. */
export function rewriteForward(graph: Graph, { halves }: Plan): void {
  for (const stage of halves) runInHalves(graph, stage);
}

/** The rewrites of a graph with its gradients, if it has any. No node is left that ONNX does not have. */
export function rewriteFinished(graph: Graph, { winograd }: Plan): void {
  if (winograd) {
    const { leastChannels, except } = winograd;
    useWinograd(graph, ({ channelsPerGroup, channelsOut }, place) => {
      return (
        channelsPerGroup * channelsOut >= leastChannels && !except.some((outer) => isInside(place, outer))
      );
    });
  }
  expandAll(graph);
}

function isInside(place: string, outer: string): boolean {
  return place === outer || place.startsWith(`${outer}/`);
}
