import { Command } from 'commander';
import { sizeOf } from '../tensor.ts';
import { loadModel } from '../weights/model-file.ts';
import { jsonOption } from './options.ts';
import { writeJson } from './print-metrics.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Say what a weights file holds')
    .argument('<file>', 'weights file (.safetensors)')
    .addOption(jsonOption())
    .action(async (file: string, { json }: { json?: string }) => {
      const { config, weights } = await loadModel(file);
      const tensors = [...weights].map(([name, { shape }]) => ({ name, shape: [...shape] }));
      const parameters = tensors.reduce((total, { shape }) => total + sizeOf(shape), 0);
      const { model, numClasses, width, deconvolution, classes, input } = config;
      const lines = [
        `${model}, width ${width}, ${numClasses} classes, deconvolution ${deconvolution}, ${parameters} parameters`,
        `classes: ${classes.join(', ')}`,
        `input: ${input.channels}, scale ${input.scale}, mean ${input.mean.join(' ')}, std ${input.std.join(' ')}`,
        ...tensors.map(({ name, shape }) => `${name.padEnd(24)} [${shape.join(', ')}]`),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      if (json) await writeJson(json, { config, parameters, tensors });
    });
}
