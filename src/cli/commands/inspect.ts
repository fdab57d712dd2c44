import { Command } from 'commander';
import { FcnError } from '../../base/errors.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { classesOfHeads, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { type Adapted, asModel } from '../../weights/as-model.ts';
import { readWeights } from '../../weights/read-weights.ts';
import type { WeightSource } from '../../weights/source.ts';
import { countParameters, describeInput, describeNetwork } from '../describe-network.ts';
import { isInspection } from '../earlier-results.ts';
import { notFiniteIn } from '../not-finite.ts';
import { forceOption, inputOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { jsonOption, printResult } from '../print-result.ts';

interface InspectArguments {
  json?: string;
  input?: InputPreset;
  force?: true;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what is in a weights file')
    .argument('<file>', 'weights file (.safetensors, .pth, .pt, .caffemodel, .tflite, .net)')
    .addOption(inputOption())
    .addOption(jsonOption())
    .addOption(forceOption())
    .action(async (file: string, { json, input, force }: InspectArguments) => {
      checkOutputs([{ option: '--json', file: json, isEarlier: isInspection }], {
        inputs: { files: [file] },
        force,
      });
      const source = await readWeights(file);
      const { network, reason } = recognize(source, input);
      const config = network && 'config' in network ? network.config : undefined;
      const tensors = [...source.tensors].map(([name, { shape }]) => ({ name, shape: [...shape] }));
      const parameters = countParameters(source.tensors.values());
      const lines = [
        network
          ? describeNetwork(network)
          : `not a network that fcn knows, ${parameters} parameters: ${reason}`,
        ...(source.chosen ? [source.chosen] : []),
        ...notFiniteIn(source.tensors),
        ...(config ? linesOfClasses(config) : []),
        ...(config?.trainedSize
          ? [`trained at ${config.trainedSize.height}x${config.trainedSize.width}`]
          : []),
        ...(network ? [describeInput(network, !source.config && !input)] : []),
        ...tensors.map(({ name, shape }) => `${name.padEnd(24)} [${shape.join(', ')}]`),
      ];
      const text = lines.map(printable).join('\n');
      await printResult(text, json, { origin: source.origin, config, parameters, tensors });
    });
}

/** The network in a file. One that says what it holds must hold it; of others it is no fault to be none of ours. */
function recognize(
  source: WeightSource,
  input: InputPreset | undefined,
): { network?: Adapted; reason?: string } {
  try {
    return { network: asModel(source, { input }) };
  } catch (thrown) {
    if (source.config || !(thrown instanceof FcnError)) throw thrown;
    return { reason: thrown.message };
  }
}

/** The names of the classes, of each head. */
function linesOfClasses(config: ModelConfig): string[] {
  const classes = classesOfHeads(config);
  return headsOf(config).map(({ name }, i) => `${name && `${name} `}classes: ${classes[i]!.join(', ')}`);
}

/** Names come from a file, and may hold terminal commands. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029]/gu, '\ufffd');
}
