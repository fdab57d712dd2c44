import { Command } from 'commander';
import type { InputPreset } from '../../data/input-config.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import { checkResults, endingsOf, predictImages, resultFile } from '../../inference/predict/predict.ts';
import { type Size, withSegmenter } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { loadModel } from '../../weights/model-file.ts';
import { isLogits, isPrediction } from '../earlier-results.ts';
import {
  assumptionsOf,
  forceOption,
  inputOption,
  size,
  threadsOption,
  tileOption,
  tileSettingOf,
  ttaOption,
  weightsOption,
} from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { Remarks } from '../remarks.ts';
import { TileProgress } from '../tile-progress.ts';

interface PredictArguments {
  weights: string;
  input?: InputPreset;
  out: string;
  overlay?: true;
  logits?: true;
  resize?: Size;
  tile: TileSetting;
  tta?: View[];
  threads: number;
  force?: true;
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('Segment images: DIR/ID.png with the VOC palette, at the size of the image')
    .argument('<image...>', 'image files')
    .addOption(weightsOption())
    .addOption(inputOption())
    .requiredOption('--out <DIR>', 'folder for the results')
    .option('--overlay', 'also write ID.overlay.png: the classes over the image, with a legend')
    .option('--logits', 'also write ID.npy: the scores, float32 [classes, height, width]')
    .option('--resize <HxW>', 'size at which images pass the network (default: their own)', size)
    .addOption(tileOption())
    .addOption(ttaOption())
    .addOption(threadsOption())
    .addOption(forceOption())
    .action(async (images: string[], given: PredictArguments) => {
      const tile = tileSettingOf(given);
      checkKept(images, given);
      const model = await loadModel(given.weights, assumptionsOf(given), { mapped: true });
      await withSegmenter(model, given, async (plain) => {
        const segmenter = given.tta ? withViews(plain, given.tta) : plain;
        const progress = new Progress('predicting', images.length, 'images');
        const onProgress = (done: number) => progress.update(done);
        const remarks = new Remarks((line) => progress.print(line));
        const { onTile } = new TileProgress();
        await predictImages({
          ...given,
          ...{ tile, segmenter, images, size: given.resize, onProgress, onTile },
          onRemarks: (file, found) => remarks.tell(file, found),
        }).finally(() => progress.end());
      });
    });
}

function checkKept(images: readonly string[], given: PredictArguments): void {
  const { out, weights, force } = given;
  checkResults({ ...given, images });
  const outputs = images.flatMap((image) =>
    endingsOf(given).map((ending) => ({
      option: '--out',
      file: resultFile(out, image, ending),
      isEarlier: ending === '.npy' ? isLogits : isPrediction,
    })),
  );
  checkOutputs(outputs, { inputs: { files: [weights, ...images] }, force });
}
