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
  const column = (edge: Edge) => graph.reshape(edge, [1, channels, 1, 1]);
  const vector = (edge: Edge) => graph.reshape(edge, [channels]);
  const multiply = (a: Edge, b: Edge) => graph.emit('Mul', [a, b]);
  const subtract = (a: Edge, b: Edge) => graph.emit('Sub', [a, b]);
  const meanOf = (edge: Edge) => graph.emit('ReduceMean', [edge], { axes: [0, 2, 3], keepdims: 1 });

  const mean = meanOf(x);
  const centered = subtract(x, mean);
  const variance = meanOf(multiply(centered, centered));
  const deviation = graph.emit('Sqrt', [
    graph.emit('Add', [variance, graph.float32([normalizationEpsilon])]),
  ]);
  const z = graph.emit('Div', [centered, deviation]);
  const columnOfScale = column(scale);
  const scaled = multiply(z, columnOfScale);
  const y = graph.emitValue('Add', [scaled, column(shift)], {}, 'float32', x.shape);
  const elements = graph.cast(graph.emit('Size', [x]), 'float32');
  const count = multiply(elements, graph.float32([1 / channels])); // N H W

  // All three rules begin with these two means.
  let means: { ofErrors: Edge; ofProducts: Edge } | undefined;
  const meansFor = (dy: Edge) => {
    means ??= { ofErrors: meanOf(dy), ofProducts: meanOf(multiply(dy, z)) };
    return means;
  };
  graph.differentiable(y, [
    [
      x,
      (dy) => {
        const { ofErrors, ofProducts } = meansFor(dy);
        const rest = subtract(subtract(dy, ofErrors), multiply(z, ofProducts));
        return multiply(rest, graph.emit('Div', [columnOfScale, deviation]));
      },
    ],
    [scale, (dy) => multiply(vector(meansFor(dy).ofProducts), count)],
    [shift, (dy) => multiply(vector(meansFor(dy).ofErrors), count)],
  ]);
  const others = graph.emit('Max', [subtract(count, graph.float32([1])), graph.float32([1])]);
  const unbiased = multiply(vector(variance), graph.emit('Div', [count, others]));
  return { y, statistics: { mean: vector(mean), variance: unbiased } };
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
