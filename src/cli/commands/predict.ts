import { Command } from 'commander';
import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import type { InputPreset } from '../../data/input-config.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import { predictImages } from '../../inference/predict/predict.ts';
import { type Size, withSegmenter } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { loadModel } from '../../weights/model-file.ts';
import {
  assumptionsOf,
  inputOption,
  size,
  threadsOption,
  tileOption,
  tileSettingOf,
  ttaOption,
  weightsOption,
} from '../options.ts';
import { Progress } from '../progress.ts';
import { type MpiArguments, onRanks, withMpiOptions } from '../ranks.ts';
import { Remarks } from '../remarks.ts';
import { checkSameInputs } from '../same-inputs.ts';
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
}

export function predictCommand(): Command {
  const command = new Command('predict')
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
    .action((images: string[], given: PredictArguments & MpiArguments) =>
      onRanks(given, (ranks) => runPredict(images, given, ranks?.world)),
    );
  return withMpiOptions(command);
}

async function runPredict(
  images: string[],
  given: PredictArguments,
  world: Communicator | undefined,
): Promise<void> {
  const isSpeaker = !world || world.rank === 0;
  const assumptions = isSpeaker ? assumptionsOf(given) : { input: given.input };
  const { model, tile } = await together(world, async () => {
    const tile = tileSettingOf(given);
    return { tile, model: await loadModel(given.weights, assumptions, { mapped: true }) };
  });
  if (world) await checkSameInputs(world, { weights: given.weights, images });
  await withSegmenter(model, given, async (plain) => {
    const segmenter = given.tta ? withViews(plain, given.tta) : plain;
    const progress = isSpeaker ? new Progress('predicting', images.length, 'images') : undefined;
    const onProgress = (done: number) => progress?.update(done);
    const remarks = new Remarks((line) => progress?.print(line));
    const onTile = isSpeaker ? new TileProgress().onTile : undefined;
    try {
      await predictImages({
        ...given,
        ...{ tile, segmenter, images, world, size: given.resize, onProgress, ...(onTile && { onTile }) },
        onRemarks: (file, found) => remarks.tell(file, found),
      });
      await remarks.tellOfAll(world);
    } finally {
      progress?.end();
    }
  });
}
