import { Graph, type Value } from '../../engine/graph/graph.ts';
import { add, scale } from '../../engine/operators/arithmetic.ts';
import type { NormalizationMode } from '../../engine/operators/layers.ts';
import { type JointTarget, jointLoss } from '../../engine/operators/losses/joint-loss.ts';
import { voidLabel } from '../../engine/operators/losses/labels.ts';
import type { LossNormalization, PixelLossOptions } from '../../engine/operators/losses/pixel-loss.ts';
import { sumOfLosses } from '../../engine/operators/losses/sum-of-losses.ts';
import type { Parameter, RunningAverage } from '../../engine/parameters/parameter.ts';
import { inParts, type Parts } from '../../engine/rewrites/parts.ts';
import { type Plan, rewriteForward } from '../../engine/rewrites/plan.ts';
import type { TrainingGraphs } from '../../engine/training/learner.ts';
import {
  type CompiledStep,
  compileAccumulation,
  compileStep,
  compileUpdate as compileUpdateOf,
  type Objective,
} from '../../engine/training/step.ts';
import { headsOf } from '../class-heads.ts';
import { isFrozen, learnedParameters } from '../learned-parameters.ts';
import { type Architecture, buildNetwork, channelCount } from '../network.ts';
import { objectiveForm, parseObjective } from '../objectives.ts';
import { parametersOf } from '../parameters.ts';
import { defaultPlans } from '../plans.ts';
import { optimizerOf, ruleOf, type UpdateConfig } from '../update-rules.ts';

export interface TrainingGraphConfig extends UpdateConfig {
  readonly batchSize: number;
  /** Height and width of all images, where they have the same: some gradients are faster then. Default: they may be any. */
  readonly imageSize?: { readonly height: number; readonly width: number } | undefined;
  readonly loss: LossNormalization;
  /** The losses that are summed (see objectives.ts); default: ce. */
  readonly objective?: string;
  /** The share of each image's valid pixels that counts in losses over pixels, the hardest first; default: 1, all. */
  readonly hardPixels?: number;
  /** Rate of the backbone's dropout layers; 0 needs no masks. */
  readonly dropout: number;
  /** What a pixel of each class counts in the loss, those of all heads one after the other; default: all the same. */
  readonly classWeights?: readonly number[] | null;
  /** What computes it; default: see plans.ts. */
  readonly plan?: Plan | undefined;
  /** Layers that do not learn: no gradient is computed for them. See learnedParameters. */
  readonly frozen?: readonly string[];
  /** How batch normalization is computed; default: batch. That of frozen layers goes by its running averages. */
  readonly normalization?: NormalizationMode;
  /** Whether the weights of a deconvolution that does not learn, by their name, are bilinear; default: no. */
  readonly isBilinear?: (name: string) => boolean;
  /** What the loss of the auxiliary head counts in the sum, where the network has one; default: 0.5. */
  readonly auxiliary?: number;
}

/**
 * A whole training step as one graph (engine/training/step.ts). The inputs of the network are `image` float32
 * [N, C, height, width], `label` uint8 [N, height, width], `label_NAME` for each further head, and the dropout masks.
 */
export function compileTrainingStep(architecture: Architecture, config: TrainingGraphConfig): CompiledStep {
  const { parts, ...objective } = buildLoss(architecture, config, config.loss);
  return compileStep(objective, optimizerOf(config), {
    name: `${architecture.model} training step`,
    plan: config.plan ?? defaultPlans.training,
    parts,
  });
}

/**
 * One micro-batch of an accumulated minibatch. `loss` is the sum and `valid_pixels` what it was summed over (with class
 * weights, the sum of those of the pixels). Adding sums and dividing once by all valid pixels gives what one large batch
 * gives.
 */
export function compileGradientAccumulation(
  architecture: Architecture,
  config: TrainingGraphConfig,
): { readonly model: Uint8Array; readonly parts: Parts } {
  const { validPixels, parts, ...objective } = buildLoss(architecture, config, 'sum');
  objective.graph.output('valid_pixels', validPixels, 'float32', []);
  const model = compileAccumulation(objective, {
    name: `${architecture.model} gradient accumulation`,
    plan: config.plan ?? defaultPlans.training,
    parts,
  });
  return { model, parts };
}

/**
 * The update that ends an accumulated minibatch.
 * @param parts of the graph that accumulates; default: none
 * @param averages and their micro-batches as in engine/training/step.ts
 */
export function compileUpdate(
  parameters: readonly Pick<Parameter, 'name' | 'shape'>[],
  config: UpdateConfig & Pick<TrainingGraphConfig, 'plan'>,
  parts: Parts = new Map(),
  averages: readonly RunningAverage[] = [],
  microBatches = 1,
): Uint8Array {
  const learned = inParts(withRules(parameters, config), parts);
  return compileUpdateOf(
    learned,
    optimizerOf(config),
    averages,
    microBatches,
    config.plan ?? defaultPlans.training,
  );
}

/** All that makes an update: one graph, or two where gradients are accumulated. */
export function compileTraining(
  architecture: Architecture,
  config: TrainingGraphConfig & { readonly accumulate: number },
): TrainingGraphs {
  const { accumulate } = config;
  if (accumulate === 1) return { step: compileTrainingStep(architecture, config) };
  const { model: accumulation, parts } = compileGradientAccumulation(architecture, config);
  const learned = learnedParameters(parametersOf(architecture), config.frozen);
  const averages = followingParameters(architecture, config);
  const update = compileUpdate(learned, config, parts, averages, accumulate);
  return { accumulation, update, parts, ...(config.loss === 'mean' && { count: 'valid_pixels' }) };
}

/** The parameters that follow what each batch gives: running averages of layers that normalize by the batch. */
export function followingParameters(
  architecture: Architecture,
  { frozen = [], normalization: mode = 'batch' }: Pick<TrainingGraphConfig, 'frozen' | 'normalization'>,
): readonly RunningAverage[] {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, channelCount(architecture), 'height', 'width']);
  return buildNetwork(graph, architecture, image, {
    normalization: (name) => (isFrozen(name, frozen) ? 'running' : mode),
    auxiliary: true,
  }).averages;
}

function buildLoss(
  architecture: Architecture,
  config: TrainingGraphConfig,
  normalization: LossNormalization,
) {
  const { batchSize, dropout, objective = 'ce', classWeights, hardPixels, frozen = [] } = config;
  const { normalization: mode = 'batch', auxiliary: auxiliaryWeight = 0.5 } = config;
  const terms = parseObjective(objective);
  if (!terms) throw new Error(`objective: got ${objective}, expected ${objectiveForm}`);
  const graph = new Graph();
  const { height, width } = config.imageSize ?? { height: 'height', width: 'width' };
  const image = graph.input('image', 'float32', [batchSize, channelCount(architecture), height, width]);
  const labels = headsOf(architecture).map(({ suffix }) =>
    graph.input(`label${suffix}`, 'uint8', [batchSize, height, width]),
  );
  const { heads, parameters, averages } = buildNetwork(graph, architecture, image, {
    dropoutRate: dropout,
    normalization: (name) => (isFrozen(name, frozen) ? 'running' : mode),
    auxiliary: true,
    isBilinear: (name, learned) => !learned && (config.isBilinear?.(name) ?? false),
    inBlocks: true,
  });
  const parts = rewriteForward(graph, config.plan ?? defaultPlans.training);
  let counted = 0;
  const targets = heads.map(({ scores, arrange, auxiliary, numClasses }, i): JointTarget => {
    const weights = classWeights?.slice(counted, (counted += numClasses));
    const label = labels[i]!;
    const lossOf = (ofHead: Value, itsLabel: Value, options: PixelLossOptions) =>
      sumOfLosses(graph, ofHead, itsLabel, terms, { ...options, classWeights: weights, hardPixels });
    return (options) => {
      const ordered = arrange ? arrange(label, voidLabel) : label;
      const { loss: main, validPixels } = lossOf(scores, ordered, options);
      const second = auxiliary && lossOf(auxiliary, label, options).loss;
      const loss = second ? add(graph, main, scale(graph, second, auxiliaryWeight)) : main;
      return { loss, validPixels };
    };
  });
  const { loss, validPixels } = jointLoss(graph, targets, { normalization, classWeights });
  const learned = withRules(learnedParameters(parameters, frozen), config);
  return { graph, loss, learned, averages, validPixels, parts } satisfies Objective & Record<string, unknown>;
}

function withRules<P extends Pick<Parameter, 'name'>>(parameters: readonly P[], config: UpdateConfig) {
  return parameters.map((parameter) => ({ ...parameter, rule: ruleOf(parameter.name, config) }));
}
