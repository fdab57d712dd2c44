import { sizeOf, type Tensor } from '../base/tensor.ts';
import { type Backbone, preprocessingOf } from '../weights/as-model.ts';
import { backboneTitles } from '../weights/backbone-titles.ts';
import { inputInWords } from '../weights/infer-input.ts';
import type { Model } from '../weights/model.ts';

/** What a weights file holds, in a line. */
export function describeNetwork(network: Model | Backbone): string {
  const parameters = `${countParameters(network.weights.values())} parameters`;
  if (!('config' in network)) {
    return `${backboneTitles[network.backbone]} without score layers, width ${network.width}, ${parameters}`;
  }
  const { model, width, numClasses, deconvolution } = network.config;
  return `${model}, width ${width}, ${numClasses} classes, deconvolution ${deconvolution}, ${parameters}`;
}

/** The preprocessing that it expects. @param assumed whether the file does not say so. */
export function describeInput(network: Model | Backbone, assumed: boolean): string {
  const note = assumed ? ' (assumed: the file does not say)' : '';
  return `input: ${inputInWords(preprocessingOf(network))}${note}`;
}

export function countParameters(tensors: Iterable<Tensor>): number {
  return [...tensors].reduce((total, { shape }) => total + sizeOf(shape), 0);
}
