import path from 'node:path';
import { inputError } from '../base/errors.ts';
import { makeFolder } from '../base/files.ts';
import type { Tensor } from '../base/tensor.ts';
import type { Model } from './model.ts';
import { saveModel } from './model-file.ts';
import { asInTorchvision } from './names/torchvision-fcn.ts';
import { writeSafetensors } from './safetensors/safetensors.ts';
import { writeTorch } from './torch/write-torch.ts';

/** How a format keeps a network, and tensors that are none yet. */
export interface Writer {
  model(file: string, model: Model): Promise<void>;
  tensors(file: string, tensors: Map<string, Tensor<'float32'>>): Promise<void>;
}

const torchWriter: Writer = {
  model: (file, { config, weights }) =>
    writeTorch(file, asInTorchvision(config.model, weights), JSON.stringify(config)),
  tensors: (file, tensors) => writeTorch(file, tensors),
};
const writers: Readonly<Record<string, Writer>> = {
  '.safetensors': {
    model: saveModel,
    tensors: (file, tensors) => writeSafetensors(file, tensors, { writer: 'fcn' }), // so that it can be repeated
  },
  '.pth': torchWriter,
  '.pt': torchWriter,
};

/** A writer that makes the folder of the file if there is none. */
function inNewFolder({ model, tensors }: Writer): Writer {
  return {
    async model(file, network) {
      await makeFolder(path.dirname(file));
      await model(file, network);
    },
    async tensors(file, named) {
      await makeFolder(path.dirname(file));
      await tensors(file, named);
    },
  };
}

/** What writes a file, by its extension. @throws FcnError for others than the known ones */
export function writerFor(out: string): Writer {
  const extension = path.extname(out).toLowerCase();
  const writer = writers[extension];
  if (writer) return inNewFolder(writer);
  const advice = extension === '.onnx' ? 'for ONNX see fcn export' : 'choose one of them';
  throw inputError(
    `${out}: got a name with another ending, expected ${Object.keys(writers).join(', ')}; ${advice}`,
  );
}
