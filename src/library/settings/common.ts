import { availableParallelism } from 'node:os';
import * as z from 'zod';
import type { Dataset } from '../../data/datasets/dataset.ts';
import type { Data } from '../../data/datasets/splits.ts';
import { type InputPreset, inputPresets } from '../../data/input-config.ts';
import { deviceNames } from '../../engine/devices/native-devices.ts';
import { views } from '../../inference/predict/test-time-augmentation.ts';
import type { Model } from '../../weights/model.ts';

/** A network: a weights file of any format that fcn reads, or one in memory. */
export type Network = string | Model;

const methods = ['load', 'loadLabel', 'imageSource'] as const;

/** Pieces of which the settings of several functions consist. */

export const positiveInteger = z.int().min(1);
export const threads = z.int().min(1).max(1024).default(availableParallelism());
export const device = z.enum(deviceNames).default('cpu');
export const inputPreset = z.enum(Object.keys(inputPresets) as [InputPreset]).optional();
export const size = z.strictObject({ height: positiveInteger, width: positiveInteger }).optional();
export const tile = z
  .union([positiveInteger, z.enum(['auto', 'off'])], {
    error: "expected a number of pixels, 'auto' or 'off'",
  })
  .default('auto');
export const tta = z.array(z.enum(views)).optional();
const fileName = 'expected the name of a file or folder';
export const file = z.string({ error: fileName }).min(1, { error: fileName });

export const network = z.custom<Network>(
  (value) => (typeof value === 'string' && value !== '') || isModel(value),
  { error: 'expected the name of a weights file, or a Model' },
);

export const dataset = z.custom<Dataset>(isDataset, {
  error: 'expected a Dataset: name, classes, ids, load, loadLabel and imageSource',
});

export const data = z.custom<Data>(
  (value) => (typeof value === 'string' && value !== '') || isSplits(value),
  {
    error: 'expected a SPEC such as voc:DIR, or Datasets by the names of their splits',
  },
);

/** A function that is told something. */
export function listener<T extends (...args: never[]) => unknown>() {
  return z.custom<T>((value) => typeof value === 'function', { error: 'expected a function' }).optional();
}

function isModel(value: unknown): boolean {
  const { config, weights } = (value ?? {}) as Partial<Model>;
  return typeof config === 'object' && weights instanceof Map;
}

function isSplits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isDataset(value)) return false;
  const splits = Object.values(value);
  return splits.length > 0 && splits.every(isDataset);
}

function isDataset(value: unknown): boolean {
  const own = (value ?? {}) as Partial<Dataset>;
  return (
    typeof own.name === 'string' &&
    Array.isArray(own.classes) &&
    Array.isArray(own.ids) &&
    methods.every((method) => typeof own[method] === 'function')
  );
}
