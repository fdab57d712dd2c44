import { Command } from 'commander';
import { predictImages } from '../predict/predict.ts';
import { createSegmenter } from '../predict/segmenter.ts';
import { loadModel } from '../weights/model-file.ts';
import { threadsOption, weightsOption } from './options.ts';
import { Progress } from './progress.ts';

interface PredictArguments {
  weights: string;
  out: string;
  overlay?: true;
  logits?: true;
  threads: number;
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('Segment images: DIR/ID.png with the VOC palette, at the size of the image')
    .argument('<image...>', 'image files')
    .addOption(weightsOption())
    .requiredOption('--out <DIR>', 'folder for the results')
    .option('--overlay', 'also write ID.overlay.png: the classes over the image, with a legend')
    .option('--logits', 'also write ID.npy: the scores, float32 [classes, height, width]')
    .addOption(threadsOption())
    .action(async (images: string[], given: PredictArguments) => {
      const model = await loadModel(given.weights);
      const segmenter = await createSegmenter(model, given);
      const progress = new Progress('predicting', images.length, 'images');
      try {
        await predictImages({
          segmenter,
          images,
          out: given.out,
          overlay: given.overlay ?? false,
          logits: given.logits ?? false,
          onProgress: (done: number) => progress.update(done),
        });
      } finally {
        progress.end();
        await segmenter.release();
      }
    });
}
