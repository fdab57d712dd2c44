/**
 * The same training in Node and in a page: this file does not know which. It learns to tell where an image is textured by
 * stripes that rise from stripes that fall. Node runs it by `npx tsx examples/anywhere/node.ts`, and page.ts, bundled, in a browser.
 */
import {
  allocate,
  type Construction,
  convolutionLayer,
  createLearner,
  random,
  relu,
  runtime,
  sgd,
  softmaxLoss,
  type Value,
} from 'fcn/engine';

const [batchSize, side] = [4, 24];

/** Stripes that rise on one side of a line and fall on the other. */
function drawBatch(number: number) {
  const stream = random('stripes', number);
  const image = allocate('float32', [batchSize, 1, side, side]);
  const label = allocate('uint8', [batchSize, side, side]);
  for (let i = 0; i < label.data.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    if (x === 0 && y === 0) split = 6 + stream.integer(side - 12);
    label.data[i] = x < split ? 0 : 1;
    image.data[i] = Math.sin(0.9 * (label.data[i] === 0 ? x + y : x - y)) + 0.3 * stream.normal();
  }
  return { image, label };
}
let split = 0;

function loss(network: Construction): Value {
  const { graph } = network;
  const layer = (x: Value, name: string, channels: number) =>
    relu(graph, convolutionLayer(network, x, name, { channels, kernel: 5, pad: 2 }));
  const image = graph.input('image', 'float32', [batchSize, 1, 'height', 'width']);
  const label = graph.input('label', 'uint8', [batchSize, 'height', 'width']);
  const features = layer(layer(image, 'conv1', 8), 'conv2', 8);
  const scores = convolutionLayer(network, features, 'score', {
    channels: 2,
    kernel: 1,
    initialization: 'zero',
  });
  return softmaxLoss(graph, scores, label).loss;
}

/** @returns the losses of all steps: the same in Node and in a page, up to the rounding of their processors' kernels. */
export async function train(report: (line: string) => void, steps = 60): Promise<number[]> {
  const learner = await createLearner(runtime, loss, {
    optimizer: sgd({ rate: 0.02, momentum: 0.9 }),
    seed: 1,
  });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    losses.push(await learner.step(drawBatch(step)));
    if (step % 10 === 9) report(`step ${step + 1}: loss ${losses.at(-1)!.toFixed(4)}`);
  }
  await learner.release();
  return losses;
}
