import { Command } from 'commander';
import { writeOutput } from '../../base/files.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { compileExport } from '../../networks/graphs/export.ts';
import { isOnnx } from '../earlier-results.ts';
import { checkOnnxName, describeExport, loadExportable } from '../exportable.ts';
import { assumptionsOf, forceOption, inputOption, weightsOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';

interface ExportArguments {
  weights: string;
  input?: InputPreset;
  out: string;
  scores?: boolean;
  force?: true;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('Write a network for other tools: as ONNX, for any image size, including its preprocessing')
    .addOption(weightsOption())
    .addOption(inputOption())
    .requiredOption('--out <FILE>', 'file to write (.onnx)')
    .option('--scores', 'also output the scores: float32 [1, classes, height, width]')
    .addOption(forceOption())
    .action(runExport);
}

async function runExport({
  weights: file,
  input,
  out,
  scores = false,
  force,
}: ExportArguments): Promise<void> {
  checkOnnxName(out);
  checkOutputs([{ option: '--out', file: out, isEarlier: isOnnx }], { inputs: { files: [file] }, force });
  const model = await loadExportable(file, assumptionsOf({ input }));
  const parts = compileExport(model.config, model.weights, { scores });
  await writeOutput(out, parts);
  process.stdout.write(`${describeExport(out, model, parts, scores)}\n`);
}
