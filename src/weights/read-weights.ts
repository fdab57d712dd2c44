import path from 'node:path';
import { inputError } from '../base/errors.ts';
import { mistakenFor } from '../base/mistaken-file.ts';
import { weightsFile } from './builtin.ts';
import { parseConfig } from './config-metadata.ts';
import { readFully, withFile } from './file-reading.ts';
import { mistakenForWeights } from './mistaken-for-weights.ts';
import { fromTorchvision } from './names/torchvision-fcn.ts';
import { prefixesOfTwo, unwrapNames } from './names/wrappers.ts';
import { type ComparingOptions, type ReadOptions, readSafetensorsWith } from './safetensors/safetensors.ts';
import { safetensorsSource } from './safetensors/safetensors-source.ts';
import type { WeightSource } from './source.ts';
import { countsBytes, expectedSize } from './squeezenet/layers.ts';
import { twoNetworks } from './two-networks.ts';

type Format = 'safetensors' | 'torch' | 'caffe' | 'tflite' | 'squeezenet';

/**
 * The tensors of a file of any format that we read, by the file's names without those of wrappers (names/wrappers.ts).
 * What is no float32 after reading (counters, masks) is left out.
 * @param name of the file, or `builtin`: the network that comes with the package
 * @param options count for safetensors files; others are read.
 * @throws FcnError naming the file when it is of no known format, or damaged.
 */
export async function readWeights(name: string, options: ReadOptions = {}): Promise<WeightSource> {
  return readWeightsWith(name, options);
}

/** The same, where the caller may wait for the comparison of the checksum. */
export async function readWeightsWith(name: string, options: ComparingOptions): Promise<WeightSource> {
  const file = weightsFile(name);
  const source = await readAsNamed(file, options);
  if (source.config) return source;
  const unwrapped = unwrapNames(source.tensors);
  if (!unwrapped) throw twoNetworks(`weights ${file}`, prefixesOfTwo(source.tensors.keys()) ?? ['', 'ema.']);
  const { tensors, outside } = unwrapped;
  return { ...source, tensors, ...(outside.length > 0 && { outside }) };
}

async function readAsNamed(file: string, options: ComparingOptions): Promise<WeightSource> {
  // Each reader is loaded when it is needed: most programs need one.
  switch (await detectFormat(file)) {
    case 'torch': {
      const { tensors, config, chosen } = await (await import('./torch/read-torch.ts')).readTorchWeights(
        file,
      );
      const about = chosen === undefined ? {} : { chosen: `weights ${file}: ${chosen}` };
      if (config === undefined) return { file, origin: 'pytorch', tensors, ...about };
      const parsed = parseConfig(config, `weights ${file}`);
      return {
        ...about,
        file,
        origin: 'fcn',
        tensors: fromTorchvision(parsed.model, tensors),
        config: parsed,
      };
    }
    case 'caffe':
      return {
        file,
        origin: 'caffe',
        tensors: await (await import('./caffe/read-caffe.ts')).readCaffe(file),
      };
    case 'tflite':
      return {
        file,
        origin: 'tensorflow',
        tensors: await (await import('./tflite/read-tflite.ts')).readTflite(file),
      };
    case 'squeezenet':
      return {
        file,
        origin: 'deep-compression',
        tensors: await (await import('./squeezenet/read-squeezenet.ts')).readSqueezenet(file),
      };
    case 'safetensors':
      return safetensorsSource(await readSafetensorsWith(file, options), file);
  }
}

const formatsByExtension: Readonly<Record<string, Format>> = {
  '.safetensors': 'safetensors',
  '.pth': 'torch',
  '.pt': 'torch',
  '.caffemodel': 'caffe',
  '.tflite': 'tflite',
  '.net': 'squeezenet',
};

/** By the content; where that tells nothing, as in a file that was cut short, by the name. */
async function detectFormat(file: string): Promise<Format> {
  const { start, size } = await withFile(file, 'weights file', async (handle) => {
    const bytes = Buffer.alloc(512);
    const length = await readFully(handle, bytes, 0);
    return { start: bytes.subarray(0, length), size: (await handle.stat()).size };
  });
  const mistake = mistakenFor(start) ?? mistakenForWeights(start, file);
  if (mistake) throw inputError(`weights file ${file}: got no weights: ${mistake}`);
  const format = formatOf(start, size) ?? formatsByExtension[path.extname(file).toLowerCase()];
  if (format) return format;
  throw inputError(
    `weights file ${file}: at offset 0: got neither a safetensors, nor a PyTorch, Caffe, TensorFlow Lite or ` +
      'SqueezeNet file, expected one of them; choose a .safetensors, .pth, .pt, .caffemodel, .tflite or .net file',
  );
}

/** Field 1 (name), 2 (layers of V1) or 100 (layer), with a length, as first byte or bytes of a NetParameter (caffe.proto). */
const caffeStarts = ['\x0a', '\x12', '\xa2\x06'];

function formatOf(start: Buffer, size: number): Format | undefined {
  const begins = (text: string, at = 0) => start.toString('latin1', at, at + text.length) === text;
  // A header of less than 4 GiB, in JSON. It comes first: the low byte of the header's length can be any byte.
  if (begins('\0\0\0\0{', 4)) return 'safetensors';
  if (begins('TFL3', 4)) return 'tflite';
  // No signature, but a size that follows from the counts at the start.
  if (expectedSize(start.subarray(0, countsBytes)) === size) return 'squeezenet';
  if (begins('PK\x03\x04') || begins('\x80') || begins('ustar', 257)) return 'torch';
  return caffeStarts.some((bytes) => begins(bytes)) ? 'caffe' : undefined;
}
