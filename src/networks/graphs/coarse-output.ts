import type { Graph, Value } from '../../engine/graph/graph.ts';
import { spatialSize, zerosAround } from '../../engine/operators/layout.ts';
import { withRepeatedBorder } from '../aligned-maps.ts';
import type { CoarseScores } from '../scoring.ts';

/**
 * Where the entries of coarse scores lie in the image, along both axes: entry i at pixel stride * i + first, from 0 or before it on,
 * up to the first one beyond the last pixel. So each pixel is on an entry or between two.
 */
export interface CoarseGrid {
  readonly stride: number;
  /** Above -stride, and 0 at most. */
  readonly first: number;
}

/** How many entries there are for so many pixels. */
export function entriesFor(pixels: number, { stride, first }: CoarseGrid): number {
  return Math.floor((pixels - 1 - first) / stride) + 2;
}

/**
 * Lets a graph give scores as they are before they are interpolated, [N, classes, entries of the rows, entries of the columns], with
 * all that lies around them as far as the image needs it. They are 1/64 of the scores of an FCN-8s.
 */
export function outputCoarse(graph: Graph, name: string, scores: CoarseScores, image: Value): CoarseGrid {
  const { value, at } = scores.beyond === 'border' ? withRepeatedBorder(graph, scores) : scores;
  const { stride, origin } = at;
  const start = Math.floor(-origin / stride);
  const first = origin + stride * start;
  // One entry of zeros on each side is more than is needed beyond the scores.
  const one = graph.int64([1, 1]);
  const surrounded = zerosAround(graph, value, one, one);
  const begin = graph.int64([start + 1, start + 1]);
  const moved = graph.emit('Add', [spatialSize(graph, image), graph.int64([Math.floor(-1 - first)])]);
  const steps = graph.emit('Div', [moved, graph.int64([stride])]);
  const end = graph.emit('Add', [steps, graph.int64([start + 3])]);
  const cut = graph.emit('Slice', [surrounded, begin, end, graph.int64([2, 3])]);
  const unknown = [graph.unknownSize(), graph.unknownSize()];
  graph.output(name, cut, 'float32', [...value.shape.slice(0, 2), ...unknown]);
  return { stride, first };
}
