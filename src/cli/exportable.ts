import path from 'node:path';
import { inputError } from '../base/errors.ts';
import type { InputConfig } from '../data/input-config.ts';
import { headsOf } from '../networks/class-heads.ts';
import { checkFinite } from '../weights/check-finite.ts';
import type { Assumptions } from '../weights/infer-config.ts';
import type { Model } from '../weights/model.ts';
import { loadModel } from '../weights/model-file.ts';
import { describeHeads } from './describe-network.ts';

/** What the commands that write ONNX files have in common. */

/** @throws FcnError when the name of the file to write is none of an ONNX file */
export function checkOnnxName(out: string): void {
  if (path.extname(out).toLowerCase() === '.onnx') return;
  throw inputError(
    `--out: got ${out}, expected a file name that ends in .onnx; for other formats see fcn convert`,
  );
}

/** A network that is worth to be given away. @throws FcnError as `loadModel`, or when a weight is not finite */
export async function loadExportable(file: string, assumptions: Assumptions): Promise<Model> {
  const model = await loadModel(file, assumptions);
  checkFinite(model, `weights ${file}`);
  return model;
}

/** What a written file is and what goes in and out of it, in lines. */
export function describeExport(
  out: string,
  { config }: Model,
  parts: readonly Uint8Array[],
  withScores: boolean,
): string {
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const lines = [
    `${out}: ${config.model}, ${describeHeads(config)}, ${(bytes / 1e6).toFixed(1)} MB`,
    `in   image    ${imageInWords(config.input)}`,
    ...headsOf(config).flatMap(({ suffix, numClasses }) => [
      `out  classes${suffix}  uint8 [1, height, width]`,
      ...(withScores ? [`out  scores${suffix}   float32 [1, ${numClasses}, height, width]`] : []),
    ]),
  ];
  return lines.join('\n');
}

function imageInWords({ channels, bits, names }: InputConfig): string {
  if (typeof channels === 'string') return 'uint8 [1, height, width, 3], RGB';
  const shape = `${bits === 16 ? 'uint16' : 'uint8'} [1, height, width, ${channels.length}]`;
  return names ? `${shape}, ${names.join(', ')}` : shape;
}
