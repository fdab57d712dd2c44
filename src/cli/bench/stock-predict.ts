import { readImage } from '../../data/images/decode.ts';
import { writePrediction } from '../../inference/predict/write-prediction.ts';
import { stockRuntime } from './stock-runtime.ts';

/** One image through the file of `fcn export` in ONNX Runtime's own package for Node: the shortest program that does it. */
async function main([file, image, out, threads]: readonly string[]): Promise<void> {
  const ort = stockRuntime();
  const session = await ort.InferenceSession.create(file!, { intraOpNumThreads: Number(threads) });
  const { height, width, data } = await readImage(image!);
  const pixels = new ort.Tensor('uint8', data, [1, height, width, 3]);
  const { classes } = await session.run({ image: pixels });
  await writePrediction(out!, 'val_000000', { height, width, data: classes!.data });
}

await main(process.argv.slice(2));
