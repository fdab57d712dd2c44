/**
 * What web pages may import, as `fcn/web`: networks written by `fcn export` on ONNX Runtime in the browser. Needs the
 * package onnxruntime-web beside fcn.
 */

export { FcnError } from '../../base/errors.ts';
export type { LabelImage } from '../../data/images/image.ts';
export { encodeLabelPng } from '../../data/images/label-png.ts';
export { type Color, vocPalette } from '../../data/images/palette.ts';
export type { ModelConfig } from '../../networks/model-config.ts';
export { readExportedConfig } from '../../weights/exported-config.ts';
export type { Backend, RuntimeFiles } from './backend.ts';
export { type ClassShare, classShares } from './class-shares.ts';
export type { ModelSource } from './model-bytes.ts';
export type { Pixels } from './pixels.ts';
export { type LoadOptions, loadSegmenter, type Segmentation, type WebSegmenter } from './segmenter.ts';
