import path from 'node:path';

/**
 * What a file of another kind is that people take for weights, for messages: a part of a sentence, with the way out.
 * @param start its first bytes
 */
export function mistakenForWeights(start: Uint8Array, file: string): string | undefined {
  const text = Buffer.from(start.subarray(0, 64)).toString('latin1');
  const begins = kinds.find(([signature]) => text.startsWith(signature))?.[1];
  if (begins) return begins;
  if (/^\s*\{\s*"/.test(text)) {
    return /"weight_map"/.test(Buffer.from(start).toString('latin1'))
      ? 'it only says in which files the weights are; join them into one safetensors file'
      : 'it is JSON, such as a message about an error, saved under this name; download the file itself';
  }
  if (/^\s*(#|name\s*:|layers?\s*\{|input\s*:|input_)/.test(text) && !/[^\t\n\r -~]/.test(text)) {
    return 'it is text, such as the description of a Caffe network (prototxt), without weights; name the .caffemodel';
  }
  const extension = path.extname(file).toLowerCase();
  return Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
}

const keras =
  "it is HDF5, as Keras writes it, which fcn does not read; save the network's weights as safetensors";
const numpy = 'it contains NumPy arrays; save them as safetensors, with the same names';
const packed = (how: string) => `it is packed with ${how}; unpack it, and name the weights file in it`;

const kinds: readonly (readonly [string, string])[] = [
  ['\x89HDF', keras],
  ['\x93NUMPY', numpy],
  ['\x1f\x8b', packed('gzip')],
  ['7z\xbc\xaf', packed('7z')],
  ['Rar!', packed('RAR')],
  ['\x89PNG', 'it is an image'],
  ['\xff\xd8\xff', 'it is an image'],
];

/** Of files that have no signature, or that of something larger. */
const byExtension: Readonly<Record<string, string>> = {
  '.onnx':
    'it is ONNX, from which fcn does not read weights; give the .safetensors or .pth file that it was exported from',
  '.keras': keras,
  '.npz': numpy,
};
