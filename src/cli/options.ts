import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { inputError } from '../base/errors.ts';
import { findLauncher, threadsOf } from '../base/mpi/launcher.ts';
import { type InputPreset, inputPresets } from '../data/input-config.ts';
import { deviceNames } from '../engine/devices/native-devices.ts';
import type { Plan } from '../engine/rewrites/plan.ts';
import type { TileSetting } from '../inference/predict/plan-tiles.ts';
import type { Size } from '../inference/predict/segmenter.ts';
import { type View, views } from '../inference/predict/test-time-augmentation.ts';
import { readPlans } from '../inference/tuned-plans.ts';
import { objectiveForm, objectiveText, parseObjective } from '../networks/objectives.ts';
import { defaultPlans, type PlanUse } from '../networks/plans.ts';
import { weightsFile } from '../weights/builtin.ts';
import type { Assumptions } from '../weights/infer-config.ts';
import { say } from './say.ts';

/** Parsers for option values. The error message is put together with the option's name in usage-error.ts. */

export function wholeNumber(low: number, high = 2 ** 31 - 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
  };
}

export function decimal(accepts: (value: number) => boolean, expected: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && accepts(value)) return value;
    throw new InvalidArgumentError(`expected ${expected}`);
  };
}

export function size(text: string): Size {
  const [, height, width] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? [];
  if (height && width) return { height: Number(height), width: Number(width) };
  throw new InvalidArgumentError('expected HEIGHTxWIDTH in pixels, such as 224x224');
}

/** Values with commas between. */
export function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map(parse);
}

/** Two values with a comma between. */
export function pairOf<T>(parse: (text: string) => T): (text: string) => [T, T] {
  return (text) => {
    const [first, second, ...more] = text.split(',');
    if (second === undefined || more.length > 0)
      throw new InvalidArgumentError('expected two values, as in A,B');
    return [parse(first!), parse(second)];
  };
}

/** An objective, as networks/objectives.ts writes it. */
export function objective(text: string): string {
  const terms = parseObjective(text);
  if (!terms) throw new InvalidArgumentError(`expected ${objectiveForm}`);
  return objectiveText(terms);
}

/** `none`, or names with commas between. */
export function names(text: string): string[] {
  return text === 'none' ? [] : text.split(',').map((name) => name.trim());
}

/** More than any machine has cores: each thread takes memory, and a million takes all there is. */
const maxThreads = 1024;

export function threadsOption(): Option {
  const launcher = findLauncher();
  const option = new Option('--threads <N>', 'threads of the runtime').argParser(wholeNumber(1, maxThreads));
  return launcher
    ? option.default(threadsOf(launcher), "the machine's cores, divided among its ranks")
    : option.default(availableParallelism(), 'all cores');
}

/** What computes a network. */
export function deviceOption(): Option {
  return new Option(
    '--device <NAME>',
    'device to compute on: cpu; webgpu, any GPU; cuda, an NVIDIA GPU; auto, a GPU if it computes correctly and faster',
  )
    .choices(deviceNames)
    .default('cpu');
}

/** The plan of a file; without it: what was measured on this machine, else what comes along. */
export function planOption(use: PlanUse): Option {
  return new Option(
    '--plan <FILE>',
    'how to compute each layer: a file from fcn tune, or default for the included plan (default: the plan that fcn tune measured on this machine, if any)',
  ).argParser((file): Plan => (file === 'default' ? defaultPlans[use] : readPlans(file)[use]));
}

/** Of every command that writes files (outputs.ts). */
export function forceOption(): Option {
  return new Option(
    '--force',
    'overwrite existing files even if this command did not write them; never its own input',
  );
}

export function weightsOption(): Option {
  return new Option(
    '--weights <FILE>',
    'weights file (.safetensors, .pth, .pt, .caffemodel, ...), or builtin',
  )
    .argParser(weightsFile)
    .makeOptionMandatory();
}

export function inputOption(): Option {
  return new Option(
    '--input <TOOL>',
    'preprocessing that the weights expect, if the file does not say',
  ).choices(Object.keys(inputPresets));
}

/** What to assume about weights: what `--input` says, and otherwise what is said on standard error. */
export function assumptionsOf({ input }: { readonly input?: InputPreset | undefined }): Assumptions {
  return { input, onAssumed: say };
}

export function tileOption(): Option {
  return new Option(
    '--tile <N>',
    'segment large images in tiles of NxN pixels, which needs less memory and gives the same result; auto: the largest ' +
      'tiles that fit into memory; off: no tiles',
  )
    .argParser((text) => {
      if (text === 'auto' || text === 'off') return text;
      if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
      throw new InvalidArgumentError('expected a whole number of pixels, auto or off');
    })
    .default('auto');
}

export function ttaOption(): Option {
  return new Option(
    '--tta <LIST>',
    `run each image several times and average the probabilities: ${views.join(', ')} or both, as in flip,scales`,
  ).argParser((text) => {
    const chosen = text.split(',').map((name) => views.find((view) => view === name.trim()));
    if (chosen.every((view) => view !== undefined)) return chosen;
    throw new InvalidArgumentError(`expected some of ${views.join(',')}`);
  });
}

/** With several views there are no tiles. @throws FcnError where both are asked for */
export function tileSettingOf({ tile, tta }: { tile: TileSetting; tta?: readonly View[] }): TileSetting {
  if (!tta) return tile;
  if (typeof tile !== 'number') return 'off';
  throw inputError(`--tile: got ${tile} with --tta, expected only one of them: --tta runs images whole`);
}

/** What SPEC may be, for the help. */
export const dataSpecs =
  'data set: voc:DIR, sbd:DIR, voc+sbd:VOCDIR,SBDDIR, folder:DIR or shapes:; nyud:DIR, siftflow:DIR, ' +
  'pascal-context:VOCDIR,CONTEXTDIR; labelme:DIR, coco:FILE, cvat:DIR, ' +
  'labelstudio:FILE, roboflow:DIR, yolo:DIR, supervisely:DIR, cityscapes:DIR; or just a folder: fcn recognizes its format';

export function dataOption(): Option {
  return new Option('--data <SPEC>', dataSpecs).makeOptionMandatory();
}
