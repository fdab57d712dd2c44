/**
 * Trains a U-Net (Ronneberger et al. 2015) to find disks under noise and uneven light, in images that this file draws. `npx tsx examples/u-net.ts` takes a few seconds; it prints the intersection over union of disks in new
 * images and writes the network as u-net.onnx, which any ONNX tool runs.
 */
import { writeFileSync } from 'node:fs';
import {
  adamw,
  allocate,
  type Construction,
  concatenate,
  convolutionLayer,
  createLearner,
  createProgram,
  deconvolutionLayer,
  encodeProgram,
  maxPooling,
  random,
  relu,
  runtime,
  softmaxLoss,
  type Value,
} from 'fcn/engine';

const batchSize = 4;
const side = 40;

/** Images [N, 1, 40, 40] and labels [N, 40, 40], 1 on disks. */
function drawBatch(number: number) {
  const stream = random('disks', number);
  const image = allocate('float32', [batchSize, 1, side, side]);
  const label = allocate('uint8', [batchSize, side, side]);
  for (let n = 0; n < batchSize; n++) {
    const disks = [1, 2, 3].map(
      () => [stream.integer(side), stream.integer(side), 3 + stream.integer(6)] as const,
    );
    const slope = stream.normal() / side; // of the light
    for (let i = 0; i < side * side; i++) {
      const [x, y] = [i % side, Math.floor(i / side)];
      const isDisk = disks.some(([cx, cy, radius]) => Math.hypot(x - cx, y - cy) < radius);
      label.data[n * side * side + i] = isDisk ? 1 : 0;
      image.data[n * side * side + i] = (isDisk ? 1 : 0) + slope * x + 0.7 * stream.normal();
    }
  }
  return { image, label };
}

/** Down by two poolings, up by two deconvolutions; on the way up each level sees what the way down had there. */
function unet(network: Construction): Value {
  const { graph } = network;
  const block = (x: Value, name: string, channels: number) =>
    [1, 2].reduce(
      (y, i) => relu(graph, convolutionLayer(network, y, `${name}_${i}`, { channels, kernel: 3, pad: 1 })),
      x,
    );
  const up = (x: Value, skip: Value, name: string, channels: number) => {
    const larger = deconvolutionLayer(network, x, `up_${name}`, { channels, kernel: 2, stride: 2 });
    return block(concatenate(graph, [skip, larger]), name, channels);
  };
  const image = graph.input('image', 'float32', [batchSize, 1, side, side]);
  const down1 = block(image, 'down1', 8);
  const down2 = block(maxPooling(graph, down1), 'down2', 16);
  const bottom = block(maxPooling(graph, down2), 'bottom', 32);
  const up2 = up(bottom, down2, 'level2', 16);
  const up1 = up(up2, down1, 'level1', 8);
  return convolutionLayer(network, up1, 'score', { channels: 2, kernel: 1, initialization: 'lecun-normal' });
}

const learner = await createLearner(
  runtime,
  (network) => {
    const scores = unet(network);
    const label = network.graph.input('label', 'uint8', [batchSize, side, side]);
    return softmaxLoss(network.graph, scores, label).loss;
  },
  { optimizer: adamw({ rate: (step) => 5e-3 * (1 - step / 200), clip: 1 }), seed: 1, threads: 2 },
);
for (let step = 0; step < 200; step++) {
  const loss = await learner.step(drawBatch(step));
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}

const build = (network: Construction) => ({ scores: unet(network) });
const program = await createProgram(runtime, build, { weights: learner.parameters });
const { image, label } = drawBatch(-1);
const { data: scores } = (await program.run({ image })).scores!;
const isFound = (i: number) => {
  const at = Math.floor(i / side ** 2) * 2 * side ** 2 + (i % side ** 2);
  return scores[at + side ** 2]! > scores[at]!;
};
const pixels = Array.from(label.data, (value, i) => ({ disk: value === 1, found: isFound(i) }));
const both = pixels.filter(({ disk, found }) => disk && found).length;
console.log(`IoU of disks ${(both / pixels.filter(({ disk, found }) => disk || found).length).toFixed(3)}`);
writeFileSync('u-net.onnx', encodeProgram(build, learner.parameters, 'U-Net'));
await Promise.all([learner.release(), program.release()]);
