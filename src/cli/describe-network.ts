import { counted } from '../base/counted.ts';
import { sizeOf, type Tensor } from '../base/tensor.ts';
import { headsOf } from '../networks/class-heads.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { type Backbone, preprocessingOf } from '../weights/as-model.ts';
import { titleOf } from '../weights/backbone-titles.ts';
import { inputInWords } from '../weights/infer-input.ts';
import type { Model } from '../weights/model.ts';

/** What a weights file holds, in a line. */
export function describeNetwork(network: Model | Backbone): string {
  const parameters = `${countParameters(network.weights.values())} parameters`;
  if (!('config' in network)) {
    return `${titleOf(network.backbone)} without score layers, width ${network.width}, ${parameters}`;
  }
  const { model, width, deconvolution, streams, fusion } = network.config;
  const parts = (streams ?? []).map(({ name, channels }) => `${name} (${counted(channels, 'channel')})`);
  const ofStreams = parts.length > 0 ? ` of ${parts.join(' and ')}` : '';
  const fused = fusion === undefined ? '' : `fusion ${fusion}, `;
  return (
    `${model}${ofStreams}, width ${width}, ${describeHeads(network.config)}, ${fused}deconvolution ${deconvolution}, ` +
    parameters
  );
}

/** `21 classes`, or `heads semantic of 33 classes, geometric of 3 classes`. */
export function describeHeads(config: ModelConfig): string {
  const heads = headsOf(config).map(
    ({ name, numClasses }) =>
      `${name && `${name} of `}${numClasses} ${numClasses === 1 ? 'class' : 'classes'}`,
  );
  return (heads.length > 1 ? 'heads ' : '') + heads.join(', ');
}

/** The preprocessing that it expects. @param assumed whether the file does not say so. */
export function describeInput(network: Model | Backbone, assumed: boolean): string {
  const note = assumed ? ' (assumed: the file does not say)' : '';
  return `input: ${inputInWords(preprocessingOf(network))}${note}`;
}

export function countParameters(tensors: Iterable<Tensor>): number {
  return [...tensors].reduce((total, { shape }) => total + sizeOf(shape), 0);
}
