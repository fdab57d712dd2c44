import { type Edge, fixed, type Graph, type Value } from '../../graph/graph.ts';

/** No class of any network: there are 255 at most. */
export const voidLabel = 255;

/** The labels of a minibatch, next to the scores that they are compared with. */
export interface Labels {
  /** int32 [N, 1, H, W] */
  readonly labels: Edge;
  /** float32 [N, C, H, W]: 1 for the class of a pixel; void pixels have none. */
  readonly oneHot: Edge;
}

/** @param label uint8 or int32 [N, H, W] */
export function labelsOf(graph: Graph, scores: Value, label: Value): Labels {
  const numClasses = fixed(scores.shape[1]);
  const classes = graph.int32(
    Array.from({ length: numClasses }, (_, c) => c),
    [1, numClasses, 1, 1],
  );
  const labels = graph.emit('Unsqueeze', [graph.cast(label, 'int32'), graph.int64([1])]);
  return { labels, oneHot: graph.cast(graph.emit('Equal', [labels, classes]), 'float32') };
}

/** 1 where a label is a class, 0 where it is void. float32 [N, 1, H, W] */
export function validOf(graph: Graph, scores: Value, { labels }: Labels): Edge {
  return graph.cast(graph.emit('Less', [labels, graph.int32([fixed(scores.shape[1])])]), 'float32');
}
