/** What programs may import: the pieces behind the command line. */

export { FcnError } from '../base/errors.ts';
export type { DataType, Tensor } from '../base/tensor.ts';
export {
  type CheckOptions,
  checkDataset,
  type DatasetCheck,
  type SplitCheck,
} from '../data/datasets/check/check-dataset.ts';
export type { Problem } from '../data/datasets/check/problem.ts';
export {
  type ClassFrequency,
  classFrequencies,
  medianFrequencyWeights,
} from '../data/datasets/class-frequencies.ts';
export type { Dataset, Sample } from '../data/datasets/dataset.ts';
export { openDataset, splitsOf } from '../data/datasets/open.ts';
export { decodeImage, readImage } from '../data/images/decode.ts';
export { encodeLabelPng } from '../data/images/encode-label-png.ts';
export { ignoreLabel, type LabelImage, type RgbImage } from '../data/images/image.ts';
export { decodeLabelPng } from '../data/images/label-png.ts';
export { renderOverlay } from '../data/images/overlay.ts';
export { vocPalette } from '../data/images/palette.ts';
export { type InputConfig, inputPresets } from '../data/input-config.ts';
export { type Classification, type Classifier, loadClassifier } from '../inference/classify/classifier.ts';
export { evaluate } from '../inference/evaluate/evaluate.ts';
export { type ResolutionBound, resolutionBounds } from '../inference/evaluate/resolution-bounds.ts';
export { scorePredictions } from '../inference/evaluate/score.ts';
export { ConfusionMatrix } from '../inference/metrics/confusion-matrix.ts';
export { type ClassMetrics, type Metrics, metricsOf } from '../inference/metrics/metrics.ts';
export { type ImageScore, Scorer } from '../inference/metrics/scorer.ts';
export type { TileSetting } from '../inference/predict/plan-tiles.ts';
export { createSegmenter, type Segmenter, type Size } from '../inference/predict/segmenter.ts';
export { type View, withViews } from '../inference/predict/test-time-augmentation.ts';
export type { ModelConfig } from '../networks/model-config.ts';
export {
  type BackboneName,
  type Head,
  type ModelName,
  modelNames,
  partsOf,
} from '../networks/model-names.ts';
export { ClassBalance } from '../training/class-balance.ts';
export { type PreparedRun, prepareRun, type RunContext, type RunSettings } from '../training/prepare.ts';
export { type Recipe, type RecipeName, recipeFor, recipeNames } from '../training/recipes.ts';
export type { RunConfig } from '../training/run-config.ts';
export { RunFolder } from '../training/run-folder.ts';
export { type PreparedStages, type Stage, StagedFolder } from '../training/staged-folder.ts';
export { type TrainEvents, type TrainOptions, type TrainResult, train } from '../training/train.ts';
export { type Adapted, asModel, type Backbone } from '../weights/as-model.ts';
export type { ParameterFate } from '../weights/fates.ts';
export type { Model } from '../weights/model.ts';
export { loadModel, saveModel } from '../weights/model-file.ts';
export { readWeights } from '../weights/read-weights.ts';
export { readSafetensors, writeSafetensors } from '../weights/safetensors/safetensors.ts';
export type { WeightSource } from '../weights/source.ts';
export { writeTorch } from '../weights/torch/write-torch.ts';
export { transplant } from '../weights/transplant.ts';
