/**
 * Trains a network for segmentation on images that never were files: a data set is an object with a few methods. `npx tsx
 * examples/own-data.ts` takes some seconds; it prints how well disks are found, and writes predictions and an ONNX file to own-data/.
 */
import { writeFileSync } from 'node:fs';
import {
  type Dataset,
  encodeLabelPng,
  evaluateNetwork,
  exportNetwork,
  predictFiles,
  type Sample,
  trainNetwork,
  vocPalette,
} from 'fcn';

const side = 64;

/** A bright disk on a darker ground, both with noise. The same for the same number. */
function draw(id: string, number: number): Sample {
  let state = number + 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 10; i++) random();
  const [x0, y0, radius] = [16 + 32 * random(), 16 + 32 * random(), 8 + 8 * random()];
  const image = { width: side, height: side, data: new Uint8Array(side * side * 3) };
  const label = { width: side, height: side, data: new Uint8Array(side * side) };
  for (let i = 0; i < side * side; i++) {
    const isDisk = Math.hypot((i % side) - x0, Math.floor(i / side) - y0) < radius;
    label.data[i] = isDisk ? 1 : 0;
    for (let c = 0; c < 3; c++) image.data[3 * i + c] = (isDisk ? 150 : 60) + 60 * random();
  }
  return { id, image, label };
}

function disks(name: string, first: number, count: number): Dataset {
  const ids = Array.from({ length: count }, (_, i) => `${name}-${i}`);
  return {
    ...{ name: `disks ${name}`, classes: ['ground', 'disk'], ids },
    load: async (index) => draw(ids[index]!, first + index),
    loadLabel: async (index) => draw(ids[index]!, first + index).label,
    imageSource: (index) => ids[index]!,
  };
}

const data = { train: disks('train', 0, 60), val: disks('val', 1000, 10) };
const { folder } = await trainNetwork({
  data,
  out: 'own-data/run',
  model: 'fcn8s-mobilenetv2',
  width: 0.25,
  learningRate: 0.02,
  momentum: 0.9,
  duration: { epochs: 3 },
  trainSize: { mode: 'native' },
  valSize: { mode: 'native' },
});
const metrics = await evaluateNetwork({ weights: folder.best, data: data.val });

// What the network says of an image that lies in a file; here a picture of the labels, of which it knows nothing.
writeFileSync('own-data/disk.png', encodeLabelPng(draw('disk', 2000).label, vocPalette()));
await predictFiles({
  weights: folder.best,
  images: ['own-data/disk.png'],
  out: 'own-data/predictions',
  overlay: true,
});
await exportNetwork({ weights: folder.best, out: 'own-data/disks.onnx' });
console.log(`IoU of disks ${metrics.classes[1]!.iou!.toFixed(3)}; see own-data/run/report.html`);
