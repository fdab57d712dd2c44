import { sizeOf, type Tensor } from '../../base/tensor.ts';
import { quote } from '../quote.ts';
import { InputFile } from './input-file.ts';
import { readTensor } from './read-tensor.ts';
import { findStateDict } from './state-dict.ts';
import type { TensorView } from './tensor-view.ts';
import { openTorchArchive, type TorchArchive } from './torch-archive.ts';

/**
 * The weights in a file of `torch.save`, as zip file or as before PyTorch 1.6: a state dict, or a checkpoint that holds
 * one. Half, bfloat16 and double precision become float32; integers (`num_batches_tracked`) are left out; views,
 * transposed and shared tensors become tensors of their own. What else a checkpoint holds is skipped, and none of its
 * code is run. Each tensor is read straight into its own memory.
 * @throws FcnError naming the file and the offset when it cannot be read or holds no weights.
 */
export async function readTorch(file: string): Promise<Map<string, Tensor<'float32'>>> {
  return (await readTorchWeights(file)).tensors;
}

export interface TorchWeights {
  readonly tensors: Map<string, Tensor<'float32'>>;
  /** Our configuration as JSON, where the file is ours. */
  readonly config?: string;
  /** See StateDict. */
  readonly chosen?: string;
}

/** As readTorch, with the configuration that a file of ours carries. */
export async function readTorchWeights(file: string): Promise<TorchWeights> {
  return InputFile.with(file, async (input) => {
    const archive = openTorchArchive(input);
    const { views, ...about } = findStateDict(archive, input);
    const positions = checkViews(views, archive, input);
    await archive.check();
    const tensors = new Map<string, Tensor<'float32'>>();
    for (const [name, view] of views) {
      tensors.set(name, await readTensor(input, positions.get(name)!, view, archive.bigEndian));
    }
    return { tensors, ...about };
  });
}

/** Where the storage of each view begins. What the views ask for is bounded by the size of the file. */
function checkViews(
  views: Map<string, TensorView>,
  archive: TorchArchive,
  input: InputFile,
): Map<string, number> {
  const positions = new Map<string, number>();
  let asked = 0;
  for (const [name, view] of views) {
    const { storage, shape } = view;
    const { position, bytes } = archive.locate(storage.key);
    const end = (storage.start + storage.length) * storage.type.bytes;
    if (end > bytes) {
      throw input.error(
        position,
        `tensor ${quote(name)}: got a storage of ${bytes} bytes, expected at least ${end}`,
      );
    }
    if (view.overlaps)
      throw input.error(position, `tensor ${quote(name)}: got strides that make elements overlap`);
    positions.set(name, position);
    // A few bytes can describe huge tensors: a value repeated, or the same storage over and over.
    asked += 4 * sizeOf(shape) + storage.type.bytes * view.extent;
    const most = 16 * input.size + 2 ** 24;
    if (asked > most) {
      throw input.error(
        position,
        `tensor ${quote(name)}: got tensors of ${asked} bytes in a file of ${input.size}, expected at most ${most}`,
      );
    }
  }
  return positions;
}
