/**
 * What programs may import as `fcn`. Each command of the command line is a function with the same defaults: `trainNetwork`,
 * `trainInStages`, `predictFiles`, `evaluateNetwork`, `exportNetwork`, `quantizeNetwork`, `writeReport`, `watch`, `convertData`, `checkDataset`,
 * `inspectWeights`, `convertWeights`. Below them are the pieces that these are made of.
 */

export type { Feedback } from '../base/download/feedback.ts';
export { FcnError } from '../base/errors.ts';
export type { DataType, Tensor, TensorData } from '../base/tensor.ts';
export type {
  CheckOptions,
  ClassCheck,
  DatasetCheck,
  Range,
  SplitCheck,
} from '../data/datasets/check/check-dataset.ts';
export type { Problem } from '../data/datasets/check/problem.ts';
export {
  type ClassFrequency,
  classFrequencies,
  medianFrequencyWeights,
} from '../data/datasets/class-frequencies.ts';
export type { Channel, Dataset, Labeling, Sample } from '../data/datasets/dataset.ts';
export type { LabelMeaning } from '../data/datasets/label-meaning.ts';
export { joinLabelings } from '../data/datasets/labelings.ts';
export { openDataset, splitsOf } from '../data/datasets/open.ts';
export type { Data } from '../data/datasets/splits.ts';
export type { OnUnusable } from '../data/datasets/unusable.ts';
export { decodeImage, readImage } from '../data/images/decode.ts';
export { encodeLabelPng } from '../data/images/encode-label-png.ts';
export { type Image, ignoreLabel, type LabelImage, type RgbImage } from '../data/images/image.ts';
export { decodeLabelPng } from '../data/images/label-png.ts';
export type { OverlayOptions } from '../data/images/overlay.ts';
export { renderOverlay } from '../data/images/overlay.ts';
export { vocPalette } from '../data/images/palette.ts';
export { type InputConfig, type InputPreset, inputPresets } from '../data/input-config.ts';
export { type Augmentation, augmentations, type TrainingSize } from '../data/transforms/augment.ts';
export type { WholeSize } from '../data/transforms/resize.ts';
export { type LossNormalization, lossNormalizations } from '../engine/operators/losses/pixel-loss.ts';
export type {
  GraphOptions,
  NamedTensors,
  Runtime,
  Session,
  SessionOptions,
} from '../engine/runtimes/session.ts';
export { type Classification, type Classifier, loadClassifier } from '../inference/classify/classifier.ts';
export { type EvaluateInput, evaluate } from '../inference/evaluate/evaluate.ts';
export type { ResolutionBound } from '../inference/evaluate/resolution-bounds.ts';
export type { ScoreInput } from '../inference/evaluate/score.ts';
export type { BoundaryCounts } from '../inference/metrics/boundary-counts.ts';
export { ConfusionMatrix } from '../inference/metrics/confusion-matrix.ts';
export { type ClassMetrics, type Metrics, metricsOf } from '../inference/metrics/metrics.ts';
export { type ImageScore, Scorer } from '../inference/metrics/scorer.ts';
export type { TileSetting } from '../inference/predict/plan-tiles.ts';
export { type PredictInput, type Prediction, predictImages } from '../inference/predict/predict.ts';
export type { ImageToSegment, ResultKinds } from '../inference/predict/results.ts';
export type { Segmenter, Size } from '../inference/predict/segmenter.ts';
export { type View, views, withViews } from '../inference/predict/test-time-augmentation.ts';
export type {
  Choice as QuantizationChoice,
  Trial as QuantizationTrial,
} from '../inference/quantize/choose.ts';
export type { Comparison } from '../inference/quantize/compare.ts';
export { type Calibration, calibrations } from '../inference/quantize/ranges.ts';
export type { ModelConfig } from '../networks/model-config.ts';
export {
  type BackboneName,
  type Head,
  type ModelName,
  modelNames,
  partsOf,
} from '../networks/model-names.ts';
export type { Architecture } from '../networks/network.ts';
export { type OptimizerName, optimizerNames } from '../networks/update-rules.ts';
export { ClassBalance } from '../training/class-balance.ts';
export type { CsvLog } from '../training/csv-log.ts';
export type { Choice } from '../training/finetune.ts';
export { type PreparedRun, prepareRun, type RunContext, type RunSettings } from '../training/prepare.ts';
export {
  type ClassWeighting,
  classWeightings,
  type Duration,
  type Recipe,
  type RecipeName,
  recipeFor,
  recipeNames,
  type Schedule,
  schedules,
  type ValidationSize,
} from '../training/recipes.ts';
export type { RunConfig } from '../training/run-config.ts';
export type { RunSummary } from '../training/run-folder.ts';
export { RunFolder } from '../training/run-folder.ts';
export { type PreparedStages, type Stage, StagedFolder } from '../training/staged-folder.ts';
export { type TrainEvents, type TrainOptions, type TrainResult, train } from '../training/train.ts';
export type { LocalServer } from '../viewing/local-server.ts';
export { type Adapted, asModel, type Backbone } from '../weights/as-model.ts';
export type { ParameterFate } from '../weights/fates.ts';
export type { Assumptions } from '../weights/infer-config.ts';
export type { Model } from '../weights/model.ts';
export { loadModel, saveModel } from '../weights/model-file.ts';
export { readWeights } from '../weights/read-weights.ts';
export type { ReadOptions } from '../weights/safetensors/safetensors.ts';
export { readSafetensors, writeSafetensors } from '../weights/safetensors/safetensors.ts';
export type { WriteOptions } from '../weights/safetensors/safetensors-bytes.ts';
export type { Safetensors } from '../weights/safetensors/safetensors-header.ts';
export type { Tensors, WeightSource } from '../weights/source.ts';
export { writeTorch } from '../weights/torch/write-torch.ts';
export type { Transplant, TransplantOptions, TransplantSource } from '../weights/transplant.ts';
export { transplant } from '../weights/transplant.ts';
export {
  type ConvertDataSettings,
  checkDataset,
  convertData,
  type FetchDataSettings,
  fetchableData,
  fetchData,
} from './data.ts';
export {
  createSegmenter,
  type EvaluateSettings,
  evaluateNetwork,
  type PassSettings,
  type PredictSettings,
  predictFiles,
  type SegmenterSettings,
} from './networks.ts';
export {
  type ExportSettings,
  exportNetwork,
  type Quantized,
  type QuantizeSettings,
  quantizeNetwork,
} from './onnx.ts';
export { resolutionBounds, scorePredictions } from './scores.ts';
export type { Network } from './settings/common.ts';
export { type TrainedNetwork, type TrainSettings, trainNetwork } from './train-network.ts';
export { type StageSettings, type TrainedStage, trainInStages } from './train-stages.ts';
export { type ReportSettings, type ServeSettings, servePage, watch, writeReport } from './viewing.ts';
export {
  type ConvertWeightsSettings,
  convertWeights,
  type FetchWeightsSettings,
  fetchableWeights,
  fetchWeights,
  inspectWeights,
  type WeightsFile,
} from './weights.ts';
