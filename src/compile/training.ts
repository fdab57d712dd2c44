import { backward } from '../autodiff/backward.ts';
import { encodeModel } from '../graph/encode.ts';
import { type Edge, Graph } from '../graph/graph.ts';
import { type Architecture, buildNetwork, type Parameter } from '../models/network.ts';
import { type LossNormalization, softmaxLoss } from '../ops/softmax-loss.ts';
import { type SgdConfig, sgdStep } from '../optim/sgd.ts';
import { afterReaders } from './ordering.ts';

export interface TrainingGraphConfig extends SgdConfig {
  readonly batchSize: number;
  readonly loss: LossNormalization;
  /** Dropout rate of fc6 and fc7; 0 needs no masks. */
  readonly dropout: number;
}

/** The names under which a parameter's state goes in and comes out of the graphs below. */
export const stateNames = {
  momentum: (name: string) => `${name}.momentum`,
  gradient: (name: string) => `${name}.gradient`,
  next: (name: string) => `${name}.next`,
};

/**
 * A whole training step as one graph. In go `image` float32 [N, 3, height, width], `label` uint8 [N, height, width],
 * `learning_rate` float32 [1], the dropout masks, every parameter and the momentum of every learned one; out come
 * `loss` and, as NAME.next, the new parameters and momenta. These may be written over the old ones: the graph orders
 * every write after the last read.
 */
export function compileTrainingStep(architecture: Architecture, config: TrainingGraphConfig): Uint8Array {
  const { graph, learned, gradients } = buildBackward(architecture, config, config.loss);
  const learningRate = graph.input('learning_rate', 'float32', [1]);
  for (const { name, shape, value } of learned) {
    const momentum = graph.input(stateNames.momentum(name), 'float32', shape);
    const rate = afterReaders(graph, learningRate, value);
    const next = sgdStep(graph, { name, value, gradient: gradients.get(name)!, momentum }, rate, config);
    graph.output(stateNames.next(name), next.value, 'float32', shape);
    graph.output(stateNames.next(stateNames.momentum(name)), next.momentum, 'float32', shape);
  }
  return encodeModel(graph, `${architecture.model} training step`);
}

/**
 * One micro-batch of an accumulated minibatch: as the training step, but instead of an update the gradients of the
 * summed loss are added to `NAME.gradient`; `loss` is the sum and `valid_pixels` what it was summed over. Adding sums
 * and dividing once by all valid pixels gives what one large batch gives.
 */
export function compileGradientAccumulation(architecture: Architecture, config: TrainingGraphConfig): Uint8Array {
  const { graph, learned, gradients, validPixels } = buildBackward(architecture, config, 'sum');
  graph.output('valid_pixels', validPixels, 'float32', []);
  for (const { name, shape } of learned) {
    const accumulated = graph.input(stateNames.gradient(name), 'float32', shape);
    const sum = graph.emit('Add', [accumulated, gradients.get(name)!]);
    graph.output(stateNames.next(stateNames.gradient(name)), sum, 'float32', shape);
  }
  return encodeModel(graph, `${architecture.model} gradient accumulation`);
}

/** The update that ends an accumulated minibatch: gradients times `gradient_scale` float32 [1] are the step's. */
export function compileUpdate(parameters: readonly Pick<Parameter, 'name' | 'shape'>[], config: SgdConfig): Uint8Array {
  const graph = new Graph();
  const learningRate = graph.input('learning_rate', 'float32', [1]);
  const gradientScale = graph.input('gradient_scale', 'float32', [1]);
  for (const { name, shape } of parameters) {
    const value = graph.input(name, 'float32', shape);
    const momentum = graph.input(stateNames.momentum(name), 'float32', shape);
    const gradient = graph.emit('Mul', [graph.input(stateNames.gradient(name), 'float32', shape), gradientScale]);
    const next = sgdStep(graph, { name, value, gradient, momentum }, learningRate, config);
    graph.output(stateNames.next(name), next.value, 'float32', shape);
    graph.output(stateNames.next(stateNames.momentum(name)), next.momentum, 'float32', shape);
  }
  return encodeModel(graph, 'update');
}

function buildBackward(architecture: Architecture, config: TrainingGraphConfig, normalization: LossNormalization) {
  const { batchSize, dropout } = config;
  const graph = new Graph();
  const image = graph.input('image', 'float32', [batchSize, 3, 'height', 'width']);
  const label = graph.input('label', 'uint8', [batchSize, 'height', 'width']);
  const { scores, parameters } = buildNetwork(graph, architecture, image, dropout);
  const { loss, validPixels } = softmaxLoss(graph, scores, label, normalization);
  graph.output('loss', loss, 'float32', []);
  const learned = parameters.filter((parameter) => parameter.learned);
  const byValue = backward(graph, loss, learned.map(({ value }) => value));
  const gradients = new Map<string, Edge>(learned.map(({ name, value }) => [name, byValue.get(value)!]));
  return { graph, learned, gradients, validPixels };
}
