import path from 'node:path';
import { Command } from 'commander';
import { compileExport } from '../compile/export.ts';
import { inputError } from '../errors.ts';
import { writeFileAtomic } from '../files.ts';
import { hasOnlyFinite } from '../tensor.ts';
import { loadModel } from '../weights/model-file.ts';
import { weightsOption } from './options.ts';

interface ExportArguments {
  weights: string;
  out: string;
  scores?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('Write a network for other tools: ONNX, any image size, preprocessing inside')
    .addOption(weightsOption())
    .requiredOption('--out <FILE>', 'file to write (.onnx)')
    .option('--scores', 'also give the scores: float32 [1, classes, height, width]')
    .action(runExport);
}

async function runExport({ weights: file, out, scores = false }: ExportArguments): Promise<void> {
  if (path.extname(out).toLowerCase() !== '.onnx') {
    throw inputError(
      `--out: got ${out}, expected a file name that ends in .onnx; for other formats see fcn convert`,
    );
  }
  const { config, weights } = await loadModel(file);
  for (const [name, tensor] of weights) {
    if (hasOnlyFinite(tensor)) continue;
    throw inputError(
      `weights ${file}: got a value in ${name} that is not finite, expected numbers; the weights are damaged, or their ` +
        'training diverged',
    );
  }
  const parts = compileExport(config, weights, { scores });
  await writeFileAtomic(out, parts);
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const lines = [
    `${out}: ${config.model}, ${config.numClasses} classes, ${(bytes / 1e6).toFixed(1)} MB`,
    'in   image    uint8 [1, height, width, 3], RGB',
    'out  classes  uint8 [1, height, width]',
    ...(scores ? [`out  scores   float32 [1, ${config.numClasses}, height, width]`] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
