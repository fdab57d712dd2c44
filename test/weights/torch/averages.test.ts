import { beforeAll, describe, expect, it } from 'vitest';
import { asModel } from '../../../src/weights/as-model.ts';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { pyTorchNote, saveAll, withoutPyTorch } from './pytorch.ts';

/** `plain` holds a tensor of ones and `average` one of twos. */
const definitions = `plain, average = ({'conv1_1.weight': torch.full((2, 3, 3, 3), value)} for value in (1., 2.))`;

/** Checkpoints, what the tensor that is read from them holds, and what is said about it. */
const clear: readonly [string, number, RegExp | undefined][] = [
  ["{'state_dict': plain, 'state_dict_ema': average}", 2, /got weights \("state_dict"\) and their average \("state_dict_ema"\); using the average/],
  ["{'model_ema': average, 'model': plain, 'epoch': 3}", 2, /"model"\) and their average \("model_ema"/],
  ["{'model': None, 'ema': average}", 2, undefined],
  ["{'model': plain, 'ema': {'decay': 0.9, 'shadow': average}}", 1, /and other networks \("ema"\); using "model"; to use another, save it alone, in PyTorch by torch\.save\(checkpoint\["ema"\], "ema\.pth"\)/],
  ["{'model': plain, 'teacher': average}", 1, /got weights \("model"\) and other networks \("teacher"\); using "model"/],
  ["{'model': plain, 'best_model': average, 'optimizer': average}", 1, /other networks \("best_model"\); using "model"/],
  ["{'model': plain, 'swa_model': {'module.conv1_1.weight': average['conv1_1.weight']}}", 2, /average \("swa_model"\)/],
  ["{'model': {**plain, 'conv1_1.bias': torch.zeros(2)}, 'ema': average}", 1, undefined],
  ["{'model': plain}", 1, undefined],
  ["{'model': plain, 'optimizer': {'state': average}}", 1, undefined],
]; // biome-ignore format: a case a line

/** Checkpoints of which nobody knows which network is meant. */
const ambiguous: readonly [string, RegExp][] = [
  ["{'student': plain, 'teacher': average}", /got several networks \("student", "teacher"\), expected one; save the one that you mean, in PyTorch by torch\.save\(checkpoint\["student"\], "student\.pth"\)/],
  ["{'state_dict': {**{'student.' + k: v for k, v in plain.items()}, **{'teacher.' + k: v for k, v in average.items()}}}", /got two networks \("student\." and "teacher\."\), expected one; .* torch\.save\(\{k\[8:\]: v for k, v in weights\.items\(\) if k\.startswith\("student\."\)\}, "student\.pth"\)/],
  ["{**plain, **{'ema.' + k: v for k, v in average.items()}}", /got two networks \(names without a prefix and "ema\."\)/],
]; // biome-ignore format: a case a line

/** Tensors of other kinds. */
const others: readonly [string, RegExp][] = [
  ["{k: v.numpy() for k, v in plain.items()}", /got NumPy arrays for "conv1_1\.weight" and other layers, not float tensors/],
  ["{k: v.to_sparse() for k, v in plain.items()}", /got sparse tensors for "conv1_1\.weight"/],
  ["{k: torch.quantize_per_tensor(v, .1, 0, torch.qint8) for k, v in plain.items()}", /got quantized tensors for "conv1_1\.weight"/],
  ["{k: v.to(torch.complex64) for k, v in plain.items()}", /got tensors of integers or complex numbers for "conv1_1\.weight"/],
]; // biome-ignore format: a case a line

describe.skipIf(withoutPyTorch)(`checkpoints with weights and their average${pyTorchNote}`, () => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await saveAll(
      definitions,
      [...clear, ...ambiguous, ...others].map(([content]) => content),
    );
  });

  it.each(clear)('%s', async (content, value, message) => {
    const { tensors, chosen } = await readWeights(files.get(content)!);
    expect(tensors.get('conv1_1.weight')!.data[0]).toBe(value);
    if (message) expect(chosen).toMatch(message);
    else expect(chosen).toBeUndefined();
  });

  it.each(ambiguous)('%s is refused: nobody knows which one is meant', async (content, message) => {
    const reading = readWeights(files.get(content)!);
    await expect(reading.then((source) => asModel(source))).rejects.toThrow(message);
  });

  it.each(others)('%s is refused in words', async (content, message) => {
    await expect(readWeights(files.get(content)!)).rejects.toThrow(message);
  });

  it('are said when a network is read from them', async () => {
    const file = files.get("{'state_dict': plain, 'state_dict_ema': average}")!;
    const { assumed } = asModel(await readWeights(file));
    expect(assumed).toEqual([
      expect.stringMatching(/^weights .*\.pth: got weights .* using the average$/),
      expect.stringMatching(/so fcn assumes/),
    ]);
    expect(asModel(await readWeights(file), { input: 'caffe' }).assumed).toEqual([assumed[0]]);
  });
});
