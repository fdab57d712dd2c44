import { type Edge, fixed, type Graph, type Node, type Value } from '../../engine/graph/graph.ts';

/**
 * Emits the class of the highest score at each pixel; of equal scores the lowest class. Where the scores are put together from
 * blocks of pixels (cropped-deconvolution.ts), classes are instead: there is one class for all scores of a pixel.
 *
 * @param scores [1, C, H, W]
 * @returns uint8 [1, H, W]
 */
export function bestClasses(graph: Graph, scores: Value): Edge {
  const best = (maps: Edge) => graph.cast(graph.emit('ArgMax', [maps], { axis: 1, keepdims: 0 }), 'uint8');
  const crop = producerOf(graph, scores);
  const shuffle = crop?.op === 'Slice' ? producerOf(graph, crop.inputs[0]!) : undefined;
  if (shuffle?.op !== 'DepthToSpace' || shuffle.attributes.mode !== 'CRD') return best(scores);

  const [blocks] = shuffle.inputs as [Edge];
  const blocksize = shuffle.attributes.blocksize as number;
  const pixels = blocksize * blocksize;
  const classes = best(graph.reshape(blocks, [1, fixed(scores.shape[1]), pixels, -1]));
  const size = graph.emit('Shape', [blocks], { start: 2 });
  const shape = graph.emit('Concat', [graph.int64([1, pixels]), size], { axis: 0 });
  const maps = graph.emit('Reshape', [classes, shape]);
  const whole = graph.emit('DepthToSpace', [maps], { blocksize, mode: 'CRD' });
  const cropped = graph.emit('Slice', [whole, ...crop!.inputs.slice(1)]);
  return graph.emit('Squeeze', [cropped, graph.int64([1])]);
}

function producerOf(graph: Graph, edge: Edge): Node | undefined {
  return graph.nodes.find(({ outputs }) => outputs.includes(edge));
}
