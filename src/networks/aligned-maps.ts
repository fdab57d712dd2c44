import type { Graph, Value } from '../engine/graph/graph.ts';
import { crop } from '../engine/operators/crop.ts';
import { repeatBorder } from '../engine/operators/repeat-border.ts';
import { alignmentOfExtended, cropOffset } from './alignment.ts';
import type { FeatureMap } from './features.ts';

/** The pixels of a map that lie on those of `reference`, which has the same stride and does not reach farther. */
export function cropTo(graph: Graph, x: FeatureMap, reference: FeatureMap): FeatureMap {
  const offset = cropOffset(x.at, reference.at);
  return { value: crop(graph, x.value, reference.value, { offset }), at: reference.at };
}

/** Two maps of the same stride as one, where both are: the one that reaches farther is cropped to the other. */
export function fuseAligned(
  graph: Graph,
  a: FeatureMap,
  b: FeatureMap,
  fuse: (graph: Graph, a: Value, b: Value) => Value,
): FeatureMap {
  return cropOffset(b.at, a.at) >= 0
    ? { value: fuse(graph, a.value, cropTo(graph, b, a).value), at: a.at }
    : { value: fuse(graph, cropTo(graph, a, b).value, b.value), at: b.at };
}

/** A map with its border repeated once on each side. */
export function withRepeatedBorder(graph: Graph, x: FeatureMap): FeatureMap {
  return {
    value: repeatBorder(graph, x.value, { before: 1, after: 1 }),
    at: alignmentOfExtended(x.at, 1),
  };
}
