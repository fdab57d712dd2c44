/**
 * Three ways to make a network of stride 8 score every pixel without learning to (Long et al. 2015, sections 3.2 and 4.2), with random
 * weights: `npx tsx examples/dense-scores.ts [WIDTH]` prints by how much their scores differ and how long they take; WIDTH scales the
 * channels (default 1).
 *
 * - Shift and stitch: 8x8 images, each shifted by other offsets; their scores, interlaced, are those of every pixel.
 * - Rarefied filters: each layer of stride s gets a stride of 1, and the elements of all filters behind it move apart by a factor of s.
 * - The same for the last pooling alone, with a larger dense filter behind it (of 14x14 for VGG-16's 7x7), which may then learn. Here it
 *   starts with zeros between the elements of the smaller one, and gives twice as many scores along each side.
 */
import { performance } from 'node:perf_hooks';
import {
  allocate,
  Construction,
  convolutionLayer,
  createProgram,
  Graph,
  initializeParameter,
  maxPooling,
  type Program,
  random,
  relu,
  runtime,
  type Tensor,
  type Value,
} from 'fcn/engine';

const width = Number(process.argv[2] ?? 1);
const classes = 5;

interface Layer {
  readonly name: string;
  readonly kernel: number;
  readonly stride?: number;
  /** Of a convolution; others are poolings. */
  readonly channels?: number;
}

const layers: Layer[] = [
  { name: 'conv1', kernel: 5, stride: 2, channels: Math.ceil(32 * width) },
  { name: 'pool1', kernel: 2, stride: 2 },
  { name: 'conv2', kernel: 3, channels: Math.ceil(64 * width) },
  { name: 'pool2', kernel: 2, stride: 2 },
  { name: 'fc3', kernel: 4, channels: Math.ceil(128 * width) },
  { name: 'score', kernel: 1, channels: classes },
];
const stride = layers.reduce((product, layer) => product * (layer.stride ?? 1), 1);
const field = receptiveField();

/** Side of the square of pixels that one score sees. */
function receptiveField(): number {
  let [side, apart] = [1, 1];
  for (const layer of layers) {
    side += (layer.kernel - 1) * apart;
    apart *= layer.stride ?? 1;
  }
  return side;
}

/** The network, in which the layers of which `isRarefied` says so have a stride of 1. float32 [1, 3, H, W] to [1, classes, h, w] */
function scores(network: Construction, isRarefied: (layer: Layer) => boolean): Value {
  const { graph } = network;
  let x = graph.input('image', 'float32', [1, 3, 'height', 'width']);
  let dilation = 1;
  for (const layer of layers) {
    const { name, kernel, channels } = layer;
    const window = { kernel, stride: isRarefied(layer) ? 1 : (layer.stride ?? 1), dilation };
    if (channels === undefined) x = maxPooling(graph, x, window);
    else x = convolutionLayer(network, x, name, { ...window, channels });
    if (channels !== undefined && name !== 'score') x = relu(graph, x);
    if (isRarefied(layer)) dilation *= layer.stride ?? 1;
  }
  return x;
}

/** The network whose last pooling has a stride of 1, and whose fc3 is large and dense. */
function finerScores(network: Construction): Value {
  const [pool, fc] = [layers[3]!, layers[4]!];
  const { stride: factor = 1, ...unstrided } = pool;
  const large = { ...fc, name: 'fc3_large', kernel: factor * (fc.kernel - 1) + 1 };
  layers.splice(3, 2, unstrided, large);
  const x = scores(network, () => false);
  layers.splice(3, 2, pool, fc);
  return x;
}

/** A filter whose elements are `factor` pixels apart, with zeros between. [O, I, K, K] to [O, I, factor (K - 1) + 1, ...] */
function spread({ shape, data }: Tensor<'float32'>, factor: number): Tensor<'float32'> {
  const [outputs, inputs, kernel] = shape as [number, number, number];
  const side = factor * (kernel - 1) + 1;
  const larger = allocate('float32', [outputs, inputs, side, side]);
  data.forEach((weight, i) => {
    const [row, column] = [Math.floor(i / kernel) % kernel, i % kernel];
    larger.data[(Math.floor(i / kernel ** 2) * side + factor * row) * side + factor * column] = weight;
  });
  return larger;
}

const described = new Construction(new Graph());
scores(described, () => false);
const weights = new Map(described.parameters.map((each) => [each.name, initializeParameter(each, 1)]));
const stream = random('dense scores');
for (const name of ['score.weight', 'conv1.bias', 'conv2.bias', 'fc3.bias']) {
  const { data } = weights.get(name)!;
  for (let i = 0; i < data.length; i++) data[i] = 0.1 * stream.normal();
}
weights.set('fc3_large.weight', spread(weights.get('fc3.weight')!, 2));
weights.set('fc3_large.bias', weights.get('fc3.bias')!);

const programOf = (build: (network: Construction) => Value) =>
  createProgram(runtime, (network) => ({ scores: build(network) }), { weights });
const coarse = await programOf((network) => scores(network, () => false));
const rarefied = await programOf((network) => scores(network, () => true));
const finer = await programOf(finerScores);

// So many scores along each side that every shift gives whole ones.
const grid = 12;
const side = stride * grid;
const image = allocate('float32', [1, 3, side + field - 1, side + field - 1]);
for (let i = 0; i < image.data.length; i++) image.data[i] = stream.normal();

/** The square of the image that begins at a pixel. */
function windowAt(top: number, left: number, size: number): Tensor<'float32'> {
  const whole = image.shape[3]!;
  const window = allocate('float32', [1, 3, size, size]);
  for (let i = 0; i < 3 * size; i++) {
    const start = (Math.floor(i / size) * whole + top + (i % size)) * whole + left;
    window.data.set(image.data.subarray(start, start + size), i * size);
  }
  return window;
}

/** What a network makes of an image: so many scores along each side. */
async function run(program: Program, seen: Tensor, count: number): Promise<Tensor<'float32'>> {
  const found = allocate('float32', [1, classes, count, count]);
  await program.run({ image: seen }, { scores: found });
  return found;
}

/** Puts the scores of a shifted image in their places, from (top, left) on. [1, classes, h, h] into [1, classes, side, side] */
function stitch(
  into: Tensor<'float32'>,
  { data, shape }: Tensor<'float32'>,
  top: number,
  left: number,
): void {
  const count = shape[3]!;
  data.forEach((score, i) => {
    const [c, row, column] = [Math.floor(i / count ** 2), Math.floor(i / count) % count, i % count];
    into.data[(c * side + top + stride * row) * side + left + stride * column] = score;
  });
}

async function timed<T>(what: () => Promise<T>): Promise<[T, number]> {
  await what(); // the first run of a size prepares its memory
  const start = performance.now();
  return [await what(), performance.now() - start];
}

const [stitched, timeOfShifts] = await timed(async () => {
  const all = allocate('float32', [1, classes, side, side]);
  for (let i = 0; i < stride * stride; i++) {
    const [top, left] = [Math.floor(i / stride), i % stride];
    stitch(all, await run(coarse, windowAt(top, left, stride * (grid - 1) + field), grid), top, left);
  }
  return all;
});
const [dense, timeOfRarefied] = await timed(() => run(rarefied, image, side));
const twice = 2 * grid;
const half = await run(finer, windowAt(0, 0, (stride / 2) * (twice - 1) + field), twice);
await Promise.all([coarse.release(), rarefied.release(), finer.release()]);

/** The largest difference of scores from those of every pixel, each at `step` times its place, as a share of the largest score. */
function difference(found: Tensor<'float32'>, step: number): number {
  const count = found.shape[3]!;
  let worst = 0;
  for (let i = 0; i < found.data.length; i++) {
    const [c, row, column] = [Math.floor(i / count ** 2), Math.floor(i / count) % count, i % count];
    const expected = stitched.data[(c * side + step * row) * side + step * column]!;
    worst = Math.max(worst, Math.abs(found.data[i]! - expected));
  }
  return worst / stitched.data.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
}

const shownSize = ({ shape }: Tensor) => `${shape[2]}x${shape[3]}`;
console.log(`shift and stitch: ${shownSize(stitched)} scores in ${timeOfShifts.toFixed(0)} ms`);
console.log(
  `rarefied filters: ${shownSize(dense)} in ${timeOfRarefied.toFixed(0)} ms, difference ${difference(dense, 1).toExponential(1)}`,
);
console.log(
  `last stride of 1: ${shownSize(half)}, difference ${difference(half, stride / 2).toExponential(1)}`,
);
