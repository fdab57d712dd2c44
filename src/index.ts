/** What programs may import: the pieces behind the command line. */
export {
  type InputConfig,
  inputPresets,
  type ModelConfig,
  type ModelName,
  modelNames,
} from './config/model-config.ts';
export type { Dataset, Sample } from './datasets/dataset.ts';
export { openDataset } from './datasets/open.ts';
export { FcnError } from './errors.ts';
export { evaluate } from './evaluate/evaluate.ts';
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
export { type PreparedRun, prepareRun, type RunSettings } from './train/prepare.ts';
export { type Recipe, type RecipeName, recipeFor, recipeNames } from './train/recipes.ts';
export type { RunConfig } from './train/run-config.ts';
export { RunFolder } from './train/run-folder.ts';
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
