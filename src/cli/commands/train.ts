import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import type { Ranks } from '../../base/mpi/members.ts';
import { orders } from '../../data/batches/sampler.ts';
import { inputPresets } from '../../data/input-config.ts';
import { augmentations, parseAugment } from '../../data/transforms/augment.ts';
import { type DeviceName, deviceOf } from '../../engine/devices/native-devices.ts';
import { normalizationModes } from '../../engine/operators/layers.ts';
import { lossNormalizations } from '../../engine/operators/losses/pixel-loss.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import { backgroundModes, deconvolutionModes, fusionModes } from '../../networks/model-config.ts';
import { modelNames } from '../../networks/model-names.ts';
import { optimizerNames } from '../../networks/update-rules.ts';
import { defaultFolder } from '../../training/default-folder.ts';
import type { Leader } from '../../training/ranks/leader.ts';
import { classWeightings, recipeNames, schedules } from '../../training/recipes.ts';
import { addedChannelsOption, channelsOption, streamsOption } from '../channel-options.ts';
import { dryRun } from '../dry-run.ts';
import { inRunFolder } from '../in-run-folder.ts';
import { leadOrFollow } from '../lead-or-follow.ts';
import {
  dataSpecs,
  decimal,
  deviceOption,
  listOf,
  names,
  objective,
  pairOf,
  planOption,
  size,
  threadsOption,
  wholeNumber,
} from '../options.ts';
import { onRanks, withMpiOptions } from '../ranks.ts';
import { logs } from '../run-training.ts';
import { say } from '../say.ts';
import { parseStages } from '../stages.ts';
import { checkTogether, type TrainArguments } from '../train-arguments.ts';
import { trainAsAsked } from '../train-as-asked.ts';
import { portOption, whileWatched } from './watch.ts';

/** All that commander hands over; --out may be missing. */
type GivenOptions = Omit<TrainArguments, 'out' | 'device'> & { out?: string; device: DeviceName };

export function trainCommand(): Command {
  const fraction = decimal((x) => x >= 0 && x < 1, 'a number from 0 to below 1');
  const notNegative = decimal((x) => x >= 0, 'a number of at least 0');
  const share = decimal((x) => x > 0 && x <= 1, 'a number above 0, at most 1');
  const positive = decimal((x) => x > 0, 'a number above 0');
  const choice = (flags: string, about: string, choices: readonly string[]) =>
    new Option(flags, about).choices(choices);
  const command = new Command('train')
    .description(
      'Train a network on a data set. --data is all you need: recipe finetune chooses the rest to suit your data and machine, ' +
        'and tells you why. --resume continues a run that was stopped',
    )
    .option(
      '--out <DIR>',
      'folder of the run: weights, logs, checkpoints, report (default: a new one in runs/, named after the data)',
    )
    .option('--resume', 'continue the run in --out from its last checkpoint, with its own settings')
    .option('--changed-data', 'with --resume: continue even though the data has changed since the run began')
    .option(
      '--force',
      'with --resume: continue even if log.csv or val.csv is damaged or missing, without the lost rows; with --dry-run: overwrite ' +
        'the file of --json',
    )
    .option('--data <SPEC>', dataSpecs)
    .addOption(choice('--model <NAME>', 'network', modelNames))
    .addOption(
      new Option(
        '--init <FILE>',
        'weights to start from; builtin: those that come with fcn; none: random',
      ).default('none', 'builtin if recipe finetune can use them, otherwise none'),
    )
    .option(
      '--expand-scores',
      'with --init: start the score layers from those in the file, for the classes that both have',
    )
    .addOption(
      choice(
        '--recipe <NAME>',
        'set of defaults for the options below (default: finetune; with --model, classic)',
        recipeNames,
      ),
    )
    .option('--budget <MINUTES>', 'time that recipe finetune plans for (default: 4)', positive)
    .option('--width <F>', 'share of the channels of the backbone', positive, 1)
    .addOption(
      choice(
        '--input <PRESET>',
        'preprocessing for random weights, or for weights whose file does not say',
        Object.keys(inputPresets),
      ),
    )
    .addOption(channelsOption())
    .addOption(addedChannelsOption())
    .addOption(streamsOption())
    .option(
      '--stages <LIST>',
      '32s,16s,8s: train these heads one after another in folders below --out, each from the best weights of the one before; ' +
        'give learning rate, iterations and epochs once for all, or for each as in 1e-2,1e-3,1e-3',
      parseStages,
    )
    .option('--iterations <N>', 'updates of the weights', listOf(wholeNumber(0)))
    .option('--epochs <N>', 'passes over the training images', listOf(wholeNumber(1)))
    .option('--batch-size <N>', 'images per batch', wholeNumber(1))
    .option('--accumulate <N>', 'batches per update; with mpirun, per rank and update', wholeNumber(1))
    .option('--learning-rate <X>', 'step size; biases learn at twice the rate', listOf(notNegative))
    .addOption(choice('--schedule <NAME>', 'how the learning rate changes', schedules))
    .option('--step-every <N>', 'iterations between the steps of --schedule step', wholeNumber(1))
    .option('--step-factor <F>', 'factor by which each step multiplies the learning rate', positive)
    .option(
      '--warmup <N>',
      'iterations over which the learning rate rises linearly to the value of the schedule; 0: none',
      wholeNumber(0),
    )
    .addOption(choice('--optimizer <NAME>', 'optimizer', optimizerNames))
    .option('--momentum <X>', 'momentum of SGD', fraction)
    .option('--nesterov', "Nesterov's momentum, for SGD")
    .option('--betas <A,B>', "decay of AdamW's two averages of gradients (0.9,0.999)", pairOf(fraction))
    .option('--weight-decay <X>', 'decay of the weights; biases have none', notNegative)
    .option(
      '--clip <X>',
      'shorten the gradient of all weights together to this length; 0: never',
      notNegative,
    )
    .addOption(choice('--loss <NORM>', 'sum or mean over the valid pixels', lossNormalizations))
    .option(
      '--objective <LIST>',
      'sum of losses: ce (cross-entropy), focal, sigmoid, dice, lovasz, as in ce+dice or ce+0.5*dice; with --accumulate, ' +
        'dice and lovasz are averaged over the batches',
      objective,
    )
    .option(
      '--hard-pixels <SHARE>',
      "share of each image's pixels that count in ce, focal and sigmoid: those with the largest cross-entropy; 1: all",
      share,
    )
    .addOption(
      choice('--class-weights <MODE>', 'balanced: rare classes count more in the loss', classWeightings),
    )
    .option(
      '--freeze <NAMES>',
      'layers that do not learn, such as conv1_*,conv2_*; none: all layers learn',
      names,
    )
    .option('--head-rate <F>', 'factor of the learning rate of score layers and deconvolutions', positive)
    .option(
      '--ema <D>',
      'validate and save a moving average of the weights with this decay; 0: none',
      fraction,
    )
    .addOption(choice('--deconvolution <MODE>', 'which deconvolutions learn', deconvolutionModes))
    .option('--dropout <P>', "rate of the backbone's dropout layers", fraction)
    .addOption(
      choice(
        '--normalization <MODE>',
        'how ResNets normalize in training: by the statistics of each batch, or by fixed running averages',
        normalizationModes,
      ),
    )
    .option(
      '--auxiliary <W>',
      "weight of the auxiliary head's loss in torchvision's networks; 0: no auxiliary head",
      notNegative,
    )
    .addOption(
      choice(
        '--background <MODE>',
        'zero: the first class always scores zero and does not learn',
        backgroundModes,
      ),
    )
    .addOption(choice('--fusion <MODE>', 'how scores are fused; finest: the finest skip alone', fusionModes))
    .option(
      '--loss-share <P>',
      'share of pixels whose loss counts, drawn at random for each image; with 1/P times as many images, this is like training on patches; 1: all',
      share,
    )
    .option(
      '--crop <HxW>',
      'train on random windows of this size; with --resize, of the resized images',
      size,
    )
    .option('--resize <HxW>', 'train on images resized to this size', size)
    .option('--native-size', 'train and validate on images as they are')
    .option('--val-size <HxW>', 'resize validation images to this size, or native', (text) =>
      text === 'native' ? text : size(text),
    )
    .option('--augment <LIST>', `none, or some of ${augmentations.join(',')}`, parseAugment)
    .addOption(choice('--order <ORDER>', 'order of the images', orders).default('shuffled'))
    .option('--seed <N>', 'seed for everything random', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .addOption(threadsOption())
    .addOption(deviceOption())
    .addOption(planOption('training'))
    .option('--train-split <NAME>', 'split to train on', 'train')
    .option('--val-split <NAME>', 'split to validate on', 'val')
    .option(
      '--validate-every <N>',
      'iterations between validations; 0: never (default: an epoch)',
      wholeNumber(0),
    )
    .option(
      '--patience <N>',
      'stop after N validations without a better mean IoU; 0, the default: never',
      wholeNumber(0),
    )
    .option(
      '--checkpoint-every <N>',
      'iterations between checkpoints; 0: only at the end',
      wholeNumber(0),
      500,
    )
    .addOption(
      choice('--log <KIND>', 'also write event files for TensorBoard to the folder of the run', logs),
    )
    .option('--watch', 'serve the report on this machine during the run, with live predictions')
    .addOption(portOption())
    .option(
      '--dry-run',
      'print what the run would do and how much memory and time it needs, then exit without writing anything',
    )
    .option('--json <FILE>', 'with --dry-run: also write the result to a file as JSON')
    .action((options, command) => onRanks(options, (ranks) => runTrain(options, command, ranks)));
  return withMpiOptions(command);
}

async function runTrain(options: GivenOptions, command: Command, ranks: Ranks | undefined): Promise<void> {
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  checkTogether(options);
  const lead = async (leader?: Leader) => {
    // That of a run that goes on is opened with the run.
    const isAsked = isGiven('device') || !options.resume;
    const { device } = isAsked ? await deviceOf(options.device, options.threads, say) : nativeRuntime;
    const shared = { ...options, device, ...(leader && { leader }) };
    const { data = '', json } = options;
    if (options.dryRun) return dryRun({ ...shared, out: options.out ?? defaultFolder(data) }, isGiven);
    if (json) throw inputError(`--json: got ${json} without --dry-run, expected both or neither`);
    return inRunFolder(options, (out) => {
      const given = { ...shared, out };
      return whileWatched(given, () => trainAsAsked(given, isGiven));
    });
  };
  return ranks ? leadOrFollow(ranks, options, lead) : lead();
}
