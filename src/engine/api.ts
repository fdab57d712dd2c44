/** What `fcn/engine` offers on every runtime. */
export { FcnError } from '../base/errors.ts';
export { permutation, type Random, random } from '../base/rng.ts';
export { allocate, type DataType, type Tensor, type TensorData, tensorOf } from '../base/tensor.ts';
export { backward } from './differentiation/backward.ts';
export { encodeModel, encodeModelParts, type ModelDescription } from './graph/encode.ts';
export type { Attribute, Constant, Meaning } from './graph/graph.ts';
export {
  type Attributes,
  type Dimension,
  type Edge,
  Graph,
  type Node,
  type Shape,
  type Value,
} from './graph/graph.ts';
export { expandAll, replaceNodes } from './graph/replace.ts';
export type { Carry, GradientRule, Rows, Rowwise, TapeEntry } from './graph/tape.ts';
export { add, maximum, scale } from './operators/arithmetic.ts';
export {
  batchNormalization,
  type ChannelStatistics,
  normalizationByStatistics,
  normalizationEpsilon,
  type ScaleAndShift,
} from './operators/batch-normalization.ts';
export { concatenate } from './operators/concatenate.ts';
export type { ConvolutionOptions } from './operators/convolution.ts';
export { convolution, type Pad } from './operators/convolution.ts';
export { crop } from './operators/crop.ts';
export { croppedDeconvolution } from './operators/cropped-deconvolution.ts';
export { deconvolution } from './operators/deconvolution.ts';
export { dropout } from './operators/dropout.ts';
export { globalAveragePooling } from './operators/global-average-pooling.ts';
export { type Beyond, interpolate, type MapPlace } from './operators/interpolate.ts';
export {
  batchNormalizationLayer,
  type ConvolutionLayerOptions,
  convolutionLayer,
  deconvolutionLayer,
  type NormalizationMode,
  normalizationModes,
} from './operators/layers.ts';
export { localResponseNormalization } from './operators/local-response-normalization.ts';
export { diceLoss } from './operators/losses/dice-loss.ts';
export { focalLoss } from './operators/losses/focal-loss.ts';
export { lovaszLoss } from './operators/losses/lovasz-loss.ts';
export type { LossNormalization, PixelLoss, PixelLossOptions } from './operators/losses/pixel-loss.ts';
export { lossNormalizations } from './operators/losses/pixel-loss.ts';
export { sigmoidLoss } from './operators/losses/sigmoid-loss.ts';
export { softmaxLoss } from './operators/losses/softmax-loss.ts';
export {
  type LossName,
  type LossTerm,
  pixelLosses,
  regionLosses,
  sumOfLosses,
} from './operators/losses/sum-of-losses.ts';
export { type MaxPoolingOptions, maxPooling } from './operators/max-pooling.ts';
export { relu } from './operators/relu.ts';
export { relu6 } from './operators/relu6.ts';
export { resizeBilinear } from './operators/resize-bilinear.ts';
export { spread } from './operators/spread.ts';
export { zeroFirstChannel } from './operators/zero-channel.ts';
export type { MomentsConfig } from './optimizers/adam-moments.ts';
export { adamMoments } from './optimizers/adam-moments.ts';
export { type AdamwOptions, adamw } from './optimizers/adamw.ts';
export { clipByGlobalNorm } from './optimizers/clip.ts';
export { decay } from './optimizers/decay.ts';
export { momentum } from './optimizers/momentum.ts';
export { chain, type Optimizer, type OptimizerOptions, type Rate } from './optimizers/optimizer.ts';
export { type SgdOptions, sgd } from './optimizers/sgd.ts';
export type {
  ParameterRule,
  Schedule,
  Transformation,
  TransformedPart,
  WholeGradient,
} from './optimizers/transformation.ts';
export { initializeParameter } from './parameters/initialize.ts';
export {
  Construction,
  type Initialization,
  type Parameter,
  type RunningAverage,
} from './parameters/parameter.ts';
export type { Parts } from './rewrites/parts.ts';
export {
  graphicsPlan,
  type Plan,
  plainPlan,
  rewriteFinished,
  rewriteForward,
  standardPlan,
  type WinogradRule,
} from './rewrites/plan.ts';
export type { TileSize } from './rewrites/winograd/winograd-tiles.ts';
export type {
  BoundTensors,
  Device,
  DeviceMemory,
  DeviceTensor,
  GraphOptions,
  NamedTensors,
  Runtime,
  Session,
  SessionOptions,
} from './runtimes/session.ts';
export { createLearner, type Learner, type LearnerOptions, type Totals } from './training/learner.ts';
export { createProgram, encodeProgram, type Program, type ProgramOptions } from './training/program.ts';
export type { TrainingState } from './training/state.ts';
export type { CompiledStep, CompileOptions, LearnedParameter } from './training/step.ts';
export { compileAccumulation, compileStep, compileUpdate, type Objective } from './training/step.ts';
