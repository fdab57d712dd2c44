import path from 'node:path';
import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { type ModelName, modelNames } from '../../networks/model-names.ts';
import { asModel } from '../../weights/as-model.ts';
import { formatFates } from '../../weights/fates.ts';
import { saveModel } from '../../weights/model-file.ts';
import { readWeights } from '../../weights/read-weights.ts';
import { writerFor } from '../../weights/writers.ts';
import { describeInput, describeNetwork } from '../describe-network.ts';
import { isWeights } from '../earlier-results.ts';
import { notFiniteIn } from '../not-finite.ts';
import { forceOption, inputOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';

interface ConvertArguments {
  model?: ModelName;
  input?: InputPreset;
  half?: true;
  force?: true;
}

export function convertCommand(): Command {
  return new Command('convert')
    .description('Write weights in another format, chosen by the extension of the file')
    .argument('<in>', 'weights file (.safetensors, .pth, .pt, .caffemodel, .tflite, .net)')
    .argument('<out>', 'file to write (.safetensors, .pth, .pt)')
    .addOption(new Option('--model <NAME>', 'network, if the file does not say').choices(modelNames))
    .addOption(inputOption())
    .option(
      '--half',
      'write .safetensors in half precision: half the size, and precise enough to predict with and to start from',
    )
    .addOption(forceOption())
    .action(runConvert);
}

async function runConvert(
  file: string,
  out: string,
  { model, input, half, force }: ConvertArguments,
): Promise<void> {
  const writer = writerFor(out);
  if (half && path.extname(out).toLowerCase() !== '.safetensors') {
    throw inputError(
      `--half: got ${out}, expected a .safetensors file; choose such a name, or leave --half out`,
    );
  }
  checkOutputs([{ option: 'fcn convert', file: out, isEarlier: isWeights }], {
    inputs: { files: [file] },
    force,
  });
  const source = await readWeights(file);
  if (source.chosen) process.stderr.write(`${source.chosen}\n`);
  if (source.config && model && model !== source.config.model) {
    throw inputError(`--model: got ${model}, but ${file} already says which (see fcn inspect); leave it out`);
  }
  for (const line of notFiniteIn(source.tensors)) process.stderr.write(`${line}\n`);
  const adapted = asModel(source, { input, model });
  if (!('config' in adapted)) {
    if (half) {
      throw inputError(
        `--half: got ${file}, which is not a complete network, expected one; leave --half out`,
      );
    }
    if (model || input) {
      throw inputError(
        `${model ? '--model' : '--input'}: got ${model ?? input}, but ${file} has no score layers, expected an ` +
          'FCN; leave it out, or start from the file with fcn train --init',
      );
    }
    // Under its own names, by which it is known where it comes from.
    await writer.tensors(out, source.tensors);
    process.stdout.write(`${describeNetwork(adapted)}\n${out}\n`);
    return;
  }
  if (half) await saveModel(out, adapted, { half });
  else await writer.model(out, adapted);
  const lines = [
    describeNetwork(adapted),
    ...(adapted.changes.length > 0 ? [formatFates(adapted.changes)] : []),
    describeInput(adapted, !source.config && !input),
  ];
  process.stdout.write(`${lines.join('\n')}\n${out}\n`);
}
