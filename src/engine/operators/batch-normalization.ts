import { type Edge, fixed, type Graph, type Value } from '../graph/graph.ts';

/** What is added to a variance before its root is taken, as PyTorch and torchvision have it. */
export const normalizationEpsilon = 1e-5;

/** What normalization learns, [C] each. */
export interface ScaleAndShift {
  readonly scale: Value;
  readonly shift: Value;
}

/** A mean and a variance of each channel, [C]. */
export interface ChannelStatistics<T extends Edge = Edge> {
  readonly mean: T;
  readonly variance: T;
}

/**
 * Batch normalization with the statistics of the batch itself (Ioffe, Szegedy 2015, algorithm 1). With m = N H W, all means
 * over n, i, j:
 *
 *   z = (x - mean(x)) / sqrt(variance + epsilon),   variance = mean((x - mean(x))^2)
 *   y = scale z + shift
 *   dscale = sum of dy z,   dshift = sum of dy
 *   dx = scale / sqrt(variance + epsilon) * (dy - mean(dy) - z mean(dy z))
 *
 * @param x [N, C, H, W]
 * @returns y [N, C, H, W]; and what running averages follow: the mean and, as PyTorch has it, the unbiased variance m / (m - 1)
 *   times the one above (where m is 1, that one itself), [C]
 */
export function batchNormalization(
  graph: Graph,
  x: Value,
  { scale, shift }: ScaleAndShift,
): { y: Value; statistics: ChannelStatistics } {
  const channels = fixed(x.shape[1]);
  const batch = fixed(x.shape[0]);
  // A map with all its pixels in one axis: reductions over that are the fastest that runtimes have.
  const shape = graph.emit('Shape', [x]);
  const flat = (edge: Edge) => graph.reshape(edge, [batch, channels, -1]);
  const column = (edge: Edge) => graph.reshape(edge, [1, channels, 1]);
  const multiply = (a: Edge, b: Edge) => graph.emit('Mul', [a, b]);
  const meanOf = (edge: Edge) => graph.emit('ReduceMean', [edge], { axes: [0, 2], keepdims: 1 });
  const sumOf = (edge: Edge) => graph.emit('ReduceSum', [edge, graph.int64([0, 2])], { keepdims: 0 });

  const pixels = flat(x);
  const mean = meanOf(pixels);
  const centered = graph.emit('Sub', [pixels, mean]);
  const variance = meanOf(multiply(centered, centered));
  const deviation = graph.emit('Sqrt', [
    graph.emit('Add', [variance, graph.float32([normalizationEpsilon])]),
  ]);
  const z = graph.emit('Div', [centered, deviation]);
  const scaled = multiply(z, column(scale));
  const result = graph.emit('Add', [scaled, column(shift)]);
  const y = graph.emitValue('Reshape', [result, shape], {}, 'float32', x.shape);

  // All three rules begin with these two sums.
  const sums = new Map<Edge, { errors: Edge; ofErrors: Edge; ofProducts: Edge }>();
  const sumsFor = (dy: Edge) => {
    const known = sums.get(dy);
    if (known) return known;
    const errors = flat(dy);
    const made = { errors, ofErrors: sumOf(errors), ofProducts: sumOf(multiply(errors, z)) };
    sums.set(dy, made);
    return made;
  };
  graph.differentiable(y, [
    [
      x,
      (dy) => {
        const { errors, ofErrors, ofProducts } = sumsFor(dy);
        const count = countOf(graph, x);
        const share = (sum: Edge) => column(graph.emit('Div', [sum, count]));
        const without = graph.emit('Sub', [errors, share(ofErrors)]);
        const rest = graph.emit('Sub', [without, multiply(z, share(ofProducts))]);
        const factor = graph.emit('Div', [column(scale), deviation]);
        return graph.emit('Reshape', [multiply(rest, factor), shape]);
      },
    ],
    [scale, (dy) => sumsFor(dy).ofProducts],
    [shift, (dy) => sumsFor(dy).ofErrors],
  ]);
  const count = countOf(graph, x);
  const others = graph.emit('Max', [graph.emit('Sub', [count, graph.float32([1])]), graph.float32([1])]);
  const unbiased = multiply(graph.reshape(variance, [channels]), graph.emit('Div', [count, others]));
  return { y, statistics: { mean: graph.reshape(mean, [channels]), variance: unbiased } };
}

/**
 * The same with statistics that are given, such as running averages: a factor and a summand for each channel.
 *
 *   y = scale (x - mean) / sqrt(variance + epsilon) + shift
 *
 * Statistics have no gradient here.
 * @param x [N, C, H, W]
 */
export function normalizationByStatistics(
  graph: Graph,
  x: Value,
  { scale, shift }: ScaleAndShift,
  { mean, variance }: ChannelStatistics<Value>,
): Value {
  const channels = fixed(x.shape[1]);
  const column = (edge: Edge) => graph.reshape(edge, [channels, 1, 1]);
  const deviation = graph.emit('Sqrt', [
    graph.emit('Add', [variance, graph.float32([normalizationEpsilon])]),
  ]);
  const factor = graph.emit('Div', [scale, deviation]);
  const summand = graph.emit('Sub', [shift, graph.emit('Mul', [mean, factor])]);
  const scaled = graph.emit('Mul', [x, column(factor)]);
  const y = graph.emitValue('Add', [scaled, column(summand)], {}, 'float32', x.shape);
  const sumOf = (edge: Edge) => graph.emit('ReduceSum', [edge, graph.int64([0, 2, 3])], { keepdims: 0 });
  return graph.differentiable(y, [
    [x, (dy) => graph.emit('Mul', [dy, column(factor)])],
    [
      scale,
      (dy) => {
        const centered = graph.emit('Sub', [x, column(mean)]);
        return graph.emit('Div', [sumOf(graph.emit('Mul', [dy, centered])), deviation]);
      },
    ],
    [shift, sumOf],
  ]);
}

/** Pixels of all maps of one channel, N H W. float32 [] */
function countOf(graph: Graph, x: Value): Edge {
  const sizes = graph.emit('Concat', [
    graph.emit('Shape', [x], { start: 0, end: 1 }),
    graph.emit('Shape', [x], { start: 2, end: 4 }),
  ], { axis: 0 });
  return graph.cast(graph.emit('ReduceProd', [sizes], { keepdims: 0 }), 'float32');
}
