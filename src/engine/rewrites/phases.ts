import type { Edge, Graph } from '../graph/graph.ts';
import { replaceNodes } from '../graph/replace.ts';
import { StridedWeightGradient } from '../operators/convolution-meaning.ts';
import {
  hasPhasedColumns,
  hasPhasedWeightGradient,
  phasedColumnsGradient,
  phasedWeightGradient,
} from '../operators/phased-weight-gradient.ts';

/**
 * Takes the weight gradients of 3x3 convolutions of stride 2, depthwise ones and those of few channels, from the phases of their maps: 0.5 to
 * 0.8 of the time of the convolution that they are otherwise, on the CPU. SpaceToDepth, which WebGPU does not have, tells the phases apart.
 */
export function usePhases(graph: Graph): void {
  replaceNodes(graph, ({ meaning, inputs }) => {
    if (!(meaning instanceof StridedWeightGradient)) return undefined;
    const [dy, x] = inputs as [Edge, Edge];
    if (hasPhasedWeightGradient(meaning.size)) return phasedWeightGradient(graph, dy, x, meaning.size);
    if (hasPhasedColumns(meaning.size)) return phasedColumnsGradient(graph, dy, x, meaning.size);
    return undefined;
  });
}
