import { sizeOf } from '../../base/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { placeCalled } from '../graph/places.ts';
import { expandAll } from '../graph/replace.ts';
import type { ConvolutionSize } from '../operators/convolution-size.ts';
import { useBlocks } from './blocked/blocks.ts';
import { putBlocksInPlace } from './blocks-in-place.ts';
import { compareMaxima } from './compare-maxima.ts';
import { runInHalves } from './halves.ts';
import { type Parts, splitLayers } from './parts.ts';
import { usePhases } from './phases.ts';
import { sumInPlace } from './sums-in-place.ts';
import { useWinograd } from './winograd/winograd.ts';
import { type TileSize, tilesOf } from './winograd/winograd-tiles.ts';

/**
 * Which rewrite applies where. A graph is built plainly, and computes the same whatever its plan is, up to rounding; a plan
 * decides how fast it is and how much memory it takes. It is data, so that it can be recorded and read.
 *
 * Places are those of `Graph.within`: `center/stage1` is each place of that name, wherever it is, and all inside of it.
 */
export interface Plan {
  /** Stages that are computed in halves of their rows (halves.ts). */
  readonly halves: readonly string[];
  /** Elements of a band, about: parameters with more than twice as many are updated in bands (bands.ts). Null: whole. */
  readonly bands: number | null;
  /** Which 3x3 convolutions of stride 1 Winograd's algorithm computes (winograd/): the first rule that fits says how. */
  readonly winograd: readonly WinogradRule[];
  /** Elements of weights, from which on a convolution is computed in parts (parts.ts); default: none is. */
  readonly parts?: number | undefined;
  /** Whether max pooling says where its maxima were, the default, or the backward pass compares (compare-maxima.ts). */
  readonly maxima?: 'indexed' | 'compared' | undefined;
  /** What lays out channels as the pixels of blocks (blocks-in-place.ts); default: DepthToSpace. */
  readonly blocks?: 'DepthToSpace' | 'Col2Im' | undefined;
  /** Whether weight gradients of 3x3 kernels with stride 2 are taken from the phases of maps (phases.ts); default: they are not. */
  readonly phases?: boolean | undefined;
  /** Whether depthwise convolutions are computed in blocks of channels (blocked/), by operators of ONNX Runtime's own for x64. */
  readonly blocked?: boolean | undefined;
  /** Whether 7x7 kernels of a network that stays as it is are computed line by line (winograd/lines.ts); default: they are not. */
  readonly lines?: boolean | undefined;
  /**
   * Elements of a parameter, or of a band of one, from which on its update computes sums in place, by an operator of ONNX Runtime's own
   * (sums-in-place.ts); default: none does.
   */
  readonly sumsInPlace?: number | undefined;
  /** Whether new weights and state may be written over the old ones: writes then wait for reads (ordering.ts). Default: they may. */
  readonly inPlace?: boolean | undefined;
}

/** Fits a convolution if all that it states does. */
export interface WinogradRule {
  /** Results of a tile along an axis; 0: without Winograd's algorithm. */
  readonly tiles: TileSize | 0;
  /** Input channels times output channels, at least. */
  readonly leastChannels?: number;
  /** Where the convolution stands. */
  readonly places?: readonly string[];
}

/** What pays for any network, as far as it was measured (networks/plans.ts). */
export const standardPlan: Plan = {
  halves: [],
  bands: 2 ** 21,
  blocks: 'Col2Im',
  phases: true,
  winograd: [{ tiles: 4, leastChannels: 64 * 128 }],
};

/** Every graph as its operators say. */
export const plainPlan: Plan = { halves: [], bands: null, winograd: [] };

/** What graphics processors compute: no more than 128 MiB of weights at once, which is what WebGPU promises, and nothing in place. */
export const graphicsPlan: Plan = { ...plainPlan, parts: 2 ** 25, maxima: 'compared', inPlace: false };

/**
 * The rewrites of a network whose gradients are still to come.
 * @returns the parts of parameters that are inputs of the graph from now on, in place of the whole ones
 */
export function rewriteForward(graph: Graph, { halves, parts }: Plan): Parts {
  for (const stage of halves) runInHalves(graph, stage);
  return splitLayers(graph, parts);
}

/** The rewrites of a graph with its gradients, if it has any. No node is left that a runtime does not have. */
export function rewriteFinished(graph: Graph, { winograd, maxima, blocks, phases, blocked }: Plan): void {
  if (maxima === 'compared') compareMaxima(graph);
  if (blocked) useBlocks(graph);
  if (phases) usePhases(graph);
  useWinograd(graph, (size, place) => {
    const tiles = winograd.find((rule) => fits(rule, size, place))?.tiles;
    return tiles ? tilesOf[tiles] : undefined;
  });
  expandAll(graph);
  if (blocks === 'Col2Im') putBlocksInPlace(graph);
}

/** Whether the update of a parameter, or of a band of one, computes its sums in place. */
export function updatesInPlace({ sumsInPlace = Infinity }: Plan, shape: readonly number[]): boolean {
  return sizeOf(shape) >= sumsInPlace;
}

/**
 * The rewrites of what updates emit, behind the others.
 * @param parts what is updated at once; nodes of its update are in a place of its name
 */
export function rewriteUpdates(
  graph: Graph,
  plan: Plan,
  parts: readonly { readonly name: string; readonly shape: readonly number[] }[],
): void {
  const large = parts.filter(({ shape }) => updatesInPlace(plan, shape)).map(({ name }) => name);
  if (large.length > 0) sumInPlace(graph, new Set(large));
}

function fits(
  { leastChannels = 0, places }: WinogradRule,
  { channelsPerGroup, channelsOut }: ConvolutionSize,
  place: string,
): boolean {
  const isThere = places?.some((name) => placeCalled(name, place) !== undefined) ?? true;
  return isThere && channelsPerGroup * channelsOut >= leastChannels;
}
