/**
 * Trains a small classifier of digits that this file draws itself, each at another place, with another pen and with noise.
 * `npx tsx examples/digits.ts` takes a few seconds and prints how many it reads right of those that it has not seen.
 */
import {
  adamw,
  allocate,
  type Construction,
  convolutionLayer,
  createLearner,
  createProgram,
  maxPooling,
  random,
  relu,
  runtime,
  softmaxLoss,
  type Value,
} from 'fcn/engine';

const batchSize = 20;
const side = 16;

/** The digits in 3x5 dots: each figure holds a row as three bits. */
const glyphs = '75557 26227 71747 71317 55711 74717 74757 71222 75757 75717'.split(' ');

/** Images [N, 1, 16, 16] and labels [N, 1, 1], the same for the same number. */
function drawBatch(number: number) {
  const stream = random('digits', number);
  const image = allocate('float32', [batchSize, 1, side, side]);
  const label = allocate('uint8', [batchSize, 1, 1]);
  for (let n = 0; n < batchSize; n++) {
    const digit = stream.integer(10);
    const [top, left, strength] = [stream.integer(6), stream.integer(10), 0.5 + stream.uniform()];
    label.data[n] = digit;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [row, column] = [Math.floor((y - top) / 2), Math.floor((x - left) / 2)];
        const dot = column >= 0 && column < 3 && (Number(glyphs[digit]![row] ?? 0) >> (2 - column)) & 1;
        image.data[(n * side + y) * side + x] = (dot ? strength : 0) + 0.15 * stream.normal();
      }
    }
  }
  return { image, label };
}

/** Scores [N, 10, 1, 1]: a fully connected layer is a convolution as large as the map. */
function classifier(network: Construction): Value {
  const { graph } = network;
  const block = (x: Value, name: string, channels: number) =>
    maxPooling(graph, relu(graph, convolutionLayer(network, x, name, { channels, kernel: 3, pad: 1 })));
  const image = graph.input('image', 'float32', [batchSize, 1, side, side]);
  const features = block(block(image, 'conv1', 12), 'conv2', 24);
  const hidden = relu(graph, convolutionLayer(network, features, 'fc3', { channels: 48, kernel: 4 }));
  return convolutionLayer(network, hidden, 'fc4', {
    channels: 10,
    kernel: 1,
    initialization: 'lecun-normal',
  });
}

function loss(network: Construction): Value {
  const scores = classifier(network);
  const label = network.graph.input('label', 'uint8', [batchSize, 1, 1]);
  return softmaxLoss(network.graph, scores, label).loss;
}

const rate = (step: number) => 1e-2 * (1 - step / 500);
const learner = await createLearner(runtime, loss, { optimizer: adamw({ rate }), seed: 1 });
for (let step = 0; step < 500; step++) {
  const value = await learner.step(drawBatch(step));
  if (step % 100 === 0) console.log(`step ${step}: loss ${value.toFixed(3)}`);
}

const program = await createProgram(runtime, (network) => ({ scores: classifier(network) }), {
  weights: learner.parameters,
});
let right = 0;
for (let batch = 1; batch <= 10; batch++) {
  const { image, label } = drawBatch(-batch);
  const { scores } = await program.run({ image });
  label.data.forEach((digit, n) => {
    const own = Array.from(scores!.data.subarray(10 * n, 10 * n + 10), Number);
    if (own.indexOf(Math.max(...own)) === digit) right += 1;
  });
}
console.log(`${right} of ${10 * batchSize} new digits read right`);
await Promise.all([learner.release(), program.release()]);
