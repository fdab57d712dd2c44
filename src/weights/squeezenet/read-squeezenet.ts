import { inputError } from '../../base/errors.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import { readFully, withFile } from '../file-reading.ts';
import { codebookLayers, codebookSize, countsBytes, expectedSize } from './layers.ts';

/**
 * The weights of the SqueezeNet that Deep Compression made small (Han et al. 2016; `compressed_SqueezeNet.net` of
 * github.com/songhan/SqueezeNet-Deep-Compression, decoded as its decode.py does), as `LAYER.weight` [O, I, K, K] and
 * `LAYER.bias` [O]. Little-endian: the number of entries in each layer, uint32; then for each layer a codebook of 256
 * float32, biases float32, a code for each entry, and the gaps between entries, 4 bits each, low half first. An entry lies
 * gap + 1 behind the last in the flattened weights; all between is zero.
 * @throws FcnError naming the file and the offset when it is not exactly that.
 */
export async function readSqueezenet(file: string): Promise<Map<string, Tensor<'float32'>>> {
  const bytes = await withFile(file, 'SqueezeNet file', async (handle) => {
    const whole = Buffer.alloc((await handle.stat()).size);
    return whole.subarray(0, await readFully(handle, whole, 0));
  });
  const expected = expectedSize(bytes);
  if (bytes.length !== expected) {
    throw inputError(
      `SqueezeNet file ${file}: got ${bytes.length} bytes, expected ` +
        `${expected === undefined ? `at least ${countsBytes}` : `${expected} by the counts at offset 0`}; ` +
        'it is damaged or cut short; get it again',
    );
  }
  const tensors = new Map<string, Tensor<'float32'>>();
  let offset = countsBytes;
  const floats = (length: number) => {
    const values = allocate('float32', [length]);
    new Uint8Array(values.data.buffer).set(bytes.subarray(offset, offset + 4 * length));
    offset += 4 * length;
    return values;
  };
  for (const [index, { name, shape }] of codebookLayers.entries()) {
    const entries = bytes.readUInt32LE(4 * index);
    const codebook = floats(codebookSize).data;
    const bias = floats(shape[0]);
    const codes = bytes.subarray(offset, offset + entries);
    const gaps = bytes.subarray(offset + entries, offset + entries + Math.ceil(entries / 2));
    const weight = allocate('float32', shape);
    let position = -1;
    for (let k = 0; k < entries; k++) {
      position += ((gaps[k >> 1]! >> (4 * (k & 1))) & 15) + 1;
      if (position >= weight.data.length) {
        throw inputError(
          `SqueezeNet file ${file}: layer ${name} at offset ${offset}: got entry ${k} at position ${position}, expected ` +
            `less than ${weight.data.length}; it is damaged, get it again`,
        );
      }
      weight.data[position] = codebook[codes[k]!]!;
    }
    offset += codes.length + gaps.length;
    tensors.set(`${name}.weight`, weight);
    tensors.set(`${name}.bias`, bias);
  }
  return tensors;
}
