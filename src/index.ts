/** What programs may import: the pieces behind the command line. */
export { type Classification, type Classifier, loadClassifier } from './classify/classifier.ts';
export { type InputConfig, inputPresets, type ModelConfig } from './config/model-config.ts';
export { type BackboneName, type Head, type ModelName, modelNames, partsOf } from './config/model-names.ts';
export {
  type CheckOptions,
  checkDataset,
  type DatasetCheck,
  type SplitCheck,
} from './datasets/check/check-dataset.ts';
export type { Problem } from './datasets/check/problem.ts';
export {
  type ClassFrequency,
  classFrequencies,
  medianFrequencyWeights,
} from './datasets/class-frequencies.ts';
export type { Dataset, Sample } from './datasets/dataset.ts';
export { openDataset, splitsOf } from './datasets/open.ts';
export { FcnError } from './errors.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { type ResolutionBound, resolutionBounds } from './evaluate/resolution-bounds.ts';
export { scorePredictions } from './evaluate/score.ts';
export { decodeImage, readImage } from './images/decode.ts';
export { ignoreLabel, type LabelImage, type RgbImage } from './images/image.ts';
export { decodeLabelPng, encodeLabelPng } from './images/label-png.ts';
export { renderOverlay } from './images/overlay.ts';
export { vocPalette } from './images/palette.ts';
export { ConfusionMatrix } from './metrics/confusion-matrix.ts';
export { type ClassMetrics, type Metrics, metricsOf } from './metrics/metrics.ts';
export { createSegmenter, type Segmenter, type Size } from './predict/segmenter.ts';
export type { DataType, Tensor } from './tensor.ts';
export { ClassBalance } from './train/class-balance.ts';
export { type PreparedRun, prepareRun, type RunContext, type RunSettings } from './train/prepare.ts';
export { type Recipe, type RecipeName, recipeFor, recipeNames } from './train/recipes.ts';
export type { RunConfig } from './train/run-config.ts';
export { RunFolder } from './train/run-folder.ts';
export { type PreparedStages, type Stage, StagedFolder } from './train/staged-folder.ts';
export { type TrainEvents, type TrainOptions, type TrainResult, train } from './train/train.ts';
export { type Adapted, asModel, type Backbone } from './weights/as-model.ts';
export type { ParameterFate } from './weights/fates.ts';
export type { Model } from './weights/model.ts';
export { loadModel, saveModel } from './weights/model-file.ts';
export { readWeights } from './weights/read-weights.ts';
export { readSafetensors, writeSafetensors } from './weights/safetensors.ts';
export type { WeightSource } from './weights/source.ts';
export { writeTorch } from './weights/torch/write-torch.ts';
export { transplant } from './weights/transplant.ts';
