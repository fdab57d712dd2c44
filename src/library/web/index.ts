/**
 * What web pages may import, as `fcn/web`: networks written by `fcn export` on ONNX Runtime in the browser, and trainings
 * there. Needs the package onnxruntime-web beside fcn; the package fcn-web has what it needs.
 */

export { FcnError } from '../../base/errors.ts';
export { encodeLabelPng } from '../../data/images/encode-label-png.ts';
export type { LabelImage } from '../../data/images/image.ts';
export { type Color, vocPalette } from '../../data/images/palette.ts';
export type { InputConfig } from '../../data/input-config.ts';
export type { WebRuntimeOptions } from '../../engine/runtimes/web/web-runtime.ts';
export type { ModelConfig } from '../../networks/model-config.ts';
export type { ModelName } from '../../networks/model-names.ts';
export { readExportedConfig } from '../../weights/exported-config.ts';
export type { Backend, BackendOptions, RuntimeFiles } from './backend.ts';
export { type ClassShare, classShares } from './class-shares.ts';
export {
  createTraining,
  type LabeledPixels,
  type WebTraining,
  type WebTrainingSettings,
} from './create-training.ts';
export type { ModelSource } from './model-bytes.ts';
export type { Pixels } from './pixels.ts';
export { type LoadOptions, loadSegmenter, type Segmentation, type WebSegmenter } from './segmenter.ts';
