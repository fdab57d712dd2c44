import type { Edge, Graph } from '../graph/graph.ts';
import { replaceNodes } from '../graph/replace.ts';
import { StridedWeightGradient } from '../operators/convolution-meaning.ts';
import { hasPhasedWeightGradient, phasedWeightGradient } from '../operators/phased-weight-gradient.ts';

/**
 * Takes the weight gradients of depthwise convolutions of stride 2 from the phases of their maps: 0.6 to 0.8 of the time of the
 * convolution that they are otherwise, on the CPU. SpaceToDepth, which WebGPU does not have, tells the phases apart.
 */
export function usePhases(graph: Graph): void {
  replaceNodes(graph, ({ meaning, inputs }) => {
    if (!(meaning instanceof StridedWeightGradient && hasPhasedWeightGradient(meaning.size)))
      return undefined;
    const [dy, x] = inputs as [Edge, Edge];
    return phasedWeightGradient(graph, dy, x, meaning.size);
  });
}
