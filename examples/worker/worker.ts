/** Learns from one image in the worker of page.ts, with fcn/web; the page gets the losses, and the class of each pixel as a row of digits. */
import { createTraining } from 'fcn/web';

const side = 32;
const image = { width: side, height: side, data: new Uint8Array(side * side * 3) };
const label = { width: side, height: side, data: new Uint8Array(side * side) };
for (let i = 0; i < side * side; i++) {
  label.data[i] = i % side < side / 2 ? 0 : 1;
  image.data.fill(label.data[i] === 0 ? 60 : 180, 3 * i, 3 * i + 3);
}

async function train(): Promise<void> {
  const classes = ['dark', 'bright'];
  const training = await createTraining({ classes, cropSize: side, batchSize: 1, width: 0.125 });
  training.setSamples([{ image, label }]);
  for (let step = 1; step <= 20; step++) {
    const loss = await training.step();
    if (step % 10 === 0) postMessage(`step ${step}: loss ${loss.toFixed(4)}`);
  }
  const found = await training.segment(image);
  postMessage(found.data.subarray(0, side).join(''));
  await training.release();
}

// Bundlers make workers of the classic kind unless told otherwise, which cannot wait at the top level.
addEventListener('message', () => {
  train().catch((error) => postMessage(String(error.message ?? error)));
});
