import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { lookAt } from '../base/look.ts';
import { parseDenseJson } from '../base/parse-json.ts';
import { isFromFcn, softwareBytes } from '../data/images/png-software.ts';
import { planFileSchema } from '../networks/plan-file.ts';
import { RunFolder } from '../training/run-folder.ts';
import { isOurPickle } from '../weights/torch/pickle-state-dict.ts';

/**
 * Tells by what is in a file whether a command of ours wrote it, as a result of the same kind: then the command may be
 * repeated, and replaces it. Files that somebody has changed with other programs are mostly not known any more, which is
 * as it should be.
 */
export type IsEarlier = (file: string) => boolean;

/** Metrics, as evaluate, score and demo write them. */
export const isMetrics = jsonOf(
  z.looseObject({
    ...{ images: z.number(), pixels: z.number(), meanIoU: z.number().nullable() },
    ...{ classes: z.array(z.unknown()), confusionMatrix: z.array(z.unknown()) },
  }),
);
export const isInspection = jsonOf(
  z.looseObject({ origin: z.string(), parameters: z.number(), tensors: z.array(z.unknown()) }),
);
export const isClassification = jsonOf(
  z
    .array(z.looseObject({ image: z.string(), top: z.array(z.looseObject({ probability: z.number() })) }))
    .min(1),
);
export const isPredictions = jsonOf(
  z.looseObject({ images: z.array(z.looseObject({ prediction: z.string() })), failed: z.array(z.unknown()) }),
);
export const isDataCheck = jsonOf(
  z.looseObject({ splits: z.record(z.string(), z.looseObject({ problems: z.array(z.unknown()) })) }),
);
const forecast = z.looseObject({
  memoryBytes: z.looseObject({ estimate: z.number() }),
  seconds: z.looseObject({}),
});
export const isForecast = jsonOf(z.union([forecast, z.looseObject({ stages: z.array(forecast).min(1) })]));
export const isPlanFile = jsonOf(planFileSchema);
export const isBounds = jsonOf(
  z.looseObject({
    data: z.string(),
    images: z.number(),
    bounds: z.array(z.looseObject({ factor: z.number() })),
  }),
);

/** @param header the first line without its end, or the columns that it begins with */
export const isCsv = (header: string): IsEarlier =>
  unlessOfRun((file) => {
    const line = beginningOf(file, header.length + 1).toString();
    return line.startsWith(header) && /^[,\n]/.test(line.slice(header.length));
  });

/** ONNX as we write it: ir_version, then producer_name (onnx.proto, ModelProto). */
export const isOnnx = unlessOfRun((file) => {
  const start = beginningOf(file, 7);
  return start[0] === 0x08 && start.subarray(2).toString('latin1') === '\x12\x03fcn';
});

/** Weights that are no run's: those with our metadata. */
export const isWeights = unlessOfRun((file) => {
  return path.extname(file).toLowerCase() === '.safetensors' ? isSafetensors(file) : isTorch(file);
});

export const isPrediction = unlessOfRun((file) => isFromFcn(beginningOf(file, softwareBytes)));

/** The scores that go with a prediction: an .npy file says nothing of who wrote it. */
export const isLogits = unlessOfRun((file) => {
  const prediction = `${file.slice(0, -path.extname(file).length)}.png`;
  return lookAt(prediction)?.isFile() === true && isPrediction(prediction);
});

/** Also that of a run: it can be made again. */
export const isReport: IsEarlier = (file) =>
  lookAt(file)!.size <= mostBytes &&
  readFileSync(file).includes('<script type="application/json" id="report-data">{');

export const isPlot = unlessOfRun((file) => {
  const start = beginningOf(file, 1024).toString();
  return start.startsWith('<svg ') && start.includes('font-weight="600">fcn ');
});

/** Of a result that is read as a whole: none of ours is larger. */
const mostBytes = 2 ** 28;

function jsonOf(schema: z.ZodType): IsEarlier {
  return unlessOfRun((file) => {
    if (lookAt(file)!.size > mostBytes) return false;
    try {
      return schema.safeParse(parseDenseJson(readFileSync(file, 'utf8'))).success;
    } catch {
      return false; // not JSON
    }
  });
}

/** What a training has learned and written is no earlier result of another command. */
function unlessOfRun(isEarlier: IsEarlier): IsEarlier {
  return (file) => {
    const run = new RunFolder(path.dirname(file));
    return (
      isEarlier(file) &&
      !(run.hasRun() && run.files.some((own) => path.basename(own) === path.basename(file)))
    );
  };
}

function isSafetensors(file: string): boolean {
  const length = beginningOf(file, 8);
  const bytes = length.length === 8 ? length.readBigUInt64LE() : 0n;
  const header =
    bytes < 1e8
      ? beginningOf(file, 8 + Number(bytes))
          .subarray(8)
          .toString()
      : '';
  try {
    const { __metadata__: metadata } = parseDenseJson(header) as { __metadata__?: Record<string, unknown> };
    return metadata?.fcn !== undefined || metadata?.writer === 'fcn';
  } catch {
    return false; // another format
  }
}

function isTorch(file: string): boolean {
  const start = beginningOf(file, 2 ** 20); // the pickle comes first
  return start.subarray(30, 46).toString() === 'archive/data.pkl' && isOurPickle(start);
}

function beginningOf(file: string, bytes: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
