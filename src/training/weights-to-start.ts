import { inputError } from '../base/errors.ts';
import { type InputConfig, type InputPreset, isOfColors, joinInputs } from '../data/input-config.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import type { ModelName } from '../networks/model-names.ts';
import type { Architecture } from '../networks/network.ts';
import { ofStream, streamsOf } from '../networks/streams.ts';
import { type Adapted, asModel, preprocessingOf } from '../weights/as-model.ts';
import { weightsFile } from '../weights/builtin.ts';
import type { Assumptions } from '../weights/infer-config.ts';
import { readWeights } from '../weights/read-weights.ts';
import type { WeightSource } from '../weights/source.ts';
import { type Transplant, type TransplantOptions, transplant } from '../weights/transplant.ts';
import { transplantStreams } from '../weights/transplant-streams.ts';
import { inputFor, type MeasuredChannels } from './measure-channels.ts';

/** What a network starts from: a file, or `STREAM=FILE,STREAM=FILE` where each of its streams has one. */
export interface InitialFiles extends TransplantOptions {
  readonly init: string;
  readonly seed: number;
  readonly input?: InputPreset | undefined;
}

type Target = Architecture & Pick<ModelConfig, 'classes' | 'input'>;

/**
 * The first weights of a network from those of files, and the preprocessing that belongs to them.
 * @param measured what the data say of channels that are not RGB
 * @throws FcnError when a file cannot be used, or brings its own preprocessing although `input` asks for one.
 */
export async function fromFiles(
  target: Target,
  { init, seed, input, ...options }: InitialFiles,
  { onAssumed, measured }: Pick<Assumptions, 'onAssumed'> & { measured?: MeasuredChannels | undefined },
): Promise<Transplant & { input: InputConfig }> {
  const read = async (file: string, of: Target) => {
    const source = await readWeights(file);
    const adapted = asModel(source, { input, model: modelOf(source, of) });
    for (const line of adapted.assumed) onAssumed?.(line);
    return adapted;
  };
  const files = filesOfStreams(init, target);
  const whole = typeof files === 'string' ? await read(files, target) : undefined;
  if (whole && (!target.streams || ('config' in whole && whole.config.streams))) {
    const own = preprocessingFrom(whole, target.input, measured);
    return { input: own, ...transplant(whole, { ...target, input: own }, seed, options) };
  }
  const sources = new Map<string, Adapted>();
  const inputs: InputConfig[] = [];
  for (const stream of streamsOf(target)) {
    const part = ofStream(target, stream) as Target;
    const source = whole ?? (await read((files as ReadonlyMap<string, string>).get(stream.name)!, part));
    sources.set(stream.name, source);
    const channels = measured?.channels.filter((channel) => channel.stream === stream.name);
    inputs.push(preprocessingFrom(source, part.input, measured && { ...measured, channels: channels! }));
  }
  const joined = joinInputs(inputs);
  return { input: joined, ...transplantStreams(sources, { ...target, input: joined }, seed, options) };
}

/** That of a file for images of these channels; else that of its colors put in terms of what the data say. */
function preprocessingFrom(
  source: Adapted,
  planned: InputConfig,
  measured: MeasuredChannels | undefined,
): InputConfig {
  const own = preprocessingOf(source);
  if (isOfColors(planned) || (!isOfColors(own) && own.channels.length === planned.channels.length))
    return own;
  return measured && isOfColors(own) ? inputFor(own, measured) : planned;
}

/** @throws FcnError where files are named for other streams than the network has */
function filesOfStreams(init: string, { streams }: Target): string | ReadonlyMap<string, string> {
  const pairs = init.split(',').map((part) => /^([a-z]\w*)=(.+)$/.exec(part));
  if (!pairs.every((pair) => pair !== null)) return init;
  const files = new Map(pairs.map(([, name, file]) => [name!, weightsFile(file!)]));
  const names = streams?.map(({ name }) => name) ?? [];
  if (names.length === files.size && names.every((name) => files.has(name))) return files;
  const expected = streams
    ? `a file, or one for each stream: ${names.map((name) => `${name}=FILE`).join(',')}`
    : 'a file, as the network has one stream';
  throw inputError(`--init: got ${init}, expected ${expected}`);
}

/** FCN-8s at once has the layers of FCN-8s. A PyTorch file of such is taken for the one that is to be trained. */
function modelOf({ origin, tensors }: WeightSource, { model }: Architecture): ModelName | undefined {
  return origin === 'pytorch' && model === 'fcn8s-atonce' && tensors.has('upscore8.weight')
    ? model
    : undefined;
}
