import { joinInputs } from '../data/input-config.ts';
import { parametersOf } from '../networks/parameters.ts';
import { streamsOf } from '../networks/streams.ts';
import { checkWeights, type Model } from './model.ts';
import type { Tensors } from './source.ts';

/**
 * The tensors of each stream of a Caffe network whose layers end in the names of streams, as `conv1_1color` and `conv1_1hha` do
 * (nyud-fcn32s-color-hha/net.py of the reference implementation), by the names of single networks; those of layers that streams share are among each.
 * @returns undefined for other networks
 */
export function splitStreams(tensors: Tensors): ReadonlyMap<string, Tensors> | undefined {
  const streams = [...tensors.keys()].flatMap((name) => /^conv1_1([a-z]+)\.weight$/.exec(name)?.[1] ?? []);
  if (streams.length < 2) return undefined;
  const ofStream = new Map(streams.map((stream) => [stream, new Map() as Tensors]));
  for (const [name, tensor] of tensors) {
    const [, layer = name, parameter = ''] = /^(.*)(\.[^.]*)$/.exec(name) ?? [];
    const stream = streams.find((each) => layer.endsWith(each));
    if (stream !== undefined) ofStream.get(stream)!.set(layer.slice(0, -stream.length) + parameter, tensor);
    else for (const each of ofStream.values()) each.set(name, tensor);
  }
  return ofStream;
}

/** One network of those that its streams are by themselves. @throws FcnError when they do not go together */
export function fuseStreams(streams: ReadonlyMap<string, Model>, what: string): Model {
  const [first] = [...streams.values()] as [Model];
  const config = {
    ...first.config,
    streams: [...streams].map(([name, { config }]) => ({ name, channels: config.input.channels.length })),
    input: joinInputs([...streams.values()].map(({ config }) => config.input)),
  };
  const names = new Set(parametersOf(config).map(({ name }) => name));
  const tensors = new Map(
    streamsOf(config).flatMap(({ name: stream, prefix }) =>
      [...streams.get(stream)!.weights].map(
        ([name, tensor]) => [names.has(prefix + name) ? prefix + name : name, tensor] as const,
      ),
    ),
  );
  return { config, weights: checkWeights(tensors, config, what) };
}
