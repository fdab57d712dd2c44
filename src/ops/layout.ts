import type { Edge, Graph } from '../graph/graph.ts';

/** Swaps batch and channels: [N, C, H, W] to [C, N, H, W] and back. */
export function swapBatchAndChannels(graph: Graph, x: Edge): Edge {
  return graph.emit('Transpose', [x], { perm: [1, 0, 2, 3] });
}

/** A feature map as a matrix with a row for each channel: [N, C, H, W] to [C, N * H * W]. Free for a batch of one. */
export function channelsAsRows(graph: Graph, x: Edge, channels: number, batch: number): Edge {
  const channelsFirst = batch === 1 ? x : swapBatchAndChannels(graph, x);
  return graph.reshape(channelsFirst, [channels, -1]);
}
