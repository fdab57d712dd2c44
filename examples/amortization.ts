/**
 * A classifier that is run convolutionally does the work of overlapping patches once (Long et al. 2015, section 3.1): AlexNet gives
 * a grid of 10x10 outputs for an image of 500x500, or one for each patch of 227x227. `npx tsx examples/amortization.ts [WIDTH]` prints
 * both times, with random weights, on one thread; WIDTH scales the channels (default 1). (The features are not the same: where a
 * patch ends, its convolutions see the zeros that they pad with, and not the image.)
 */
import {
  allocate,
  Construction,
  convolutionLayer,
  createProgram,
  Graph,
  initializeParameter,
  localResponseNormalization,
  maxPooling,
  random,
  relu,
  runtime,
  type Value,
} from 'fcn/engine';

const width = Number(process.argv[2] ?? 1);
const [patch, whole, grid, stride] = [227, 500, 10, 32];

/** AlexNet as Caffe has it, up to fc7: float32 [1, 3, H, W] to [1, 4096, h, w]. */
function features(network: Construction): Value {
  const { graph } = network;
  const layer = (x: Value, name: string, channels: number, kernel: number, options = {}) =>
    relu(
      graph,
      convolutionLayer(network, x, name, {
        channels: 2 * Math.round((channels * width) / 2),
        kernel,
        ...options,
      }),
    );
  const pooled = (x: Value) => maxPooling(graph, x, { kernel: 3, stride: 2 });
  const normalized = (x: Value) => localResponseNormalization(graph, x, { size: 5, alpha: 1e-4, beta: 0.75 });
  let x = layer(graph.input('image', 'float32', [1, 3, 'height', 'width']), 'conv1', 96, 11, { stride: 4 });
  x = layer(normalized(pooled(x)), 'conv2', 256, 5, { pad: 2, groups: 2 });
  x = layer(normalized(pooled(x)), 'conv3', 384, 3, { pad: 1 });
  x = layer(layer(x, 'conv4', 384, 3, { pad: 1, groups: 2 }), 'conv5', 256, 3, { pad: 1, groups: 2 });
  return layer(layer(pooled(x), 'fc6', 4096, 6), 'fc7', 4096, 1);
}

const described = new Construction(new Graph());
const channels = features(described).shape[1] as number;
const weights = new Map(described.parameters.map((each) => [each.name, initializeParameter(each, 1)]));
const program = await createProgram(runtime, (network) => ({ features: features(network) }), { weights });

const image = allocate('float32', [1, 3, whole, whole]);
const stream = random('amortization');
for (let i = 0; i < image.data.length; i++) image.data[i] = stream.normal();

/** The window of the image whose first pixel this is; zeros beyond the image. */
function windowAt(top: number, left: number) {
  const window = allocate('float32', [1, 3, patch, patch]);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < Math.min(patch, whole - top); y++) {
      const start = (c * whole + top + y) * whole + left;
      const row = image.data.subarray(start, start + Math.min(patch, whole - left));
      window.data.set(row, (c * patch + y) * patch);
    }
  }
  return window;
}

const all = allocate('float32', [1, channels, grid, grid]);
const one = allocate('float32', [1, channels, 1, 1]);
await program.run({ image }, { features: all }); // the first run of a size prepares its memory
const times: [together: number, apart: number][] = [];
for (let round = 0; round < 3; round++) {
  const start = performance.now();
  await program.run({ image }, { features: all });
  const between = performance.now();
  for (let i = 0; i < grid; i++) {
    for (let j = 0; j < grid; j++) {
      await program.run({ image: windowAt(stride * i, stride * j) }, { features: one });
    }
  }
  times.push([between - start, performance.now() - between]);
}
await program.release();
const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[1]!;
const together = middle(times.map(([time]) => time));
const apart = middle(times.map(([, time]) => time));
console.log(
  `${grid}x${grid} outputs at once: ${together.toFixed(0)} ms; patch by patch: ${apart.toFixed(0)} ms`,
);
console.log(`ratio ${(apart / together).toFixed(1)}`);
