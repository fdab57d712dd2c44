import { describe, expect, it } from 'vitest';
import { asModel } from '../../../src/weights/as-model.ts';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { temporaryFile } from './files.ts';
import { pyTorchNote, runPython, withoutPyTorch } from './pytorch.ts';

/** Saves PyTorch's {CONTENT}, in which `plain` holds a tensor of ones and `average` one of twos. */
async function save(name: string, content: string): Promise<string> {
  const file = temporaryFile(name);
  const weights = (value: number) => `{'conv1_1.weight': torch.full((2, 3, 3, 3), ${value}.)}`;
  const program = `
import sys, torch
plain, average = ${weights(1)}, ${weights(2)}
torch.save(${content}, sys.argv[1])`;
  await runPython(program, file);
  return file;
}

describe.skipIf(withoutPyTorch)(`checkpoints with weights and their average${pyTorchNote}`, () => {
  it.each([
    ["{'state_dict': plain, 'state_dict_ema': average}", 2, /got weights \("state_dict"\) and their average \("state_dict_ema"\); using the average/],
    ["{'model_ema': average, 'model': plain, 'epoch': 3}", 2, /"model"\) and their average \("model_ema"/],
    ["{'model': None, 'ema': average}", 2, undefined],
    ["{'model': plain, 'ema': {'decay': 0.9, 'shadow': average}}", 1, undefined],
    ["{'model': {**plain, 'conv1_1.bias': torch.zeros(2)}, 'ema': average}", 1, undefined],
    ["{'model': plain}", 1, undefined],
  ])('%s', async (content, value, message) => {
    const { tensors, chosen } = await readWeights(await save('averages.pth', content));
    expect(tensors.get('conv1_1.weight')!.data[0]).toBe(value);
    if (message) expect(chosen).toMatch(message);
    else expect(chosen).toBeUndefined();
  }); // biome-ignore format: a case a line

  it('are said when a network is read from them', async () => {
    const file = await save('network.pth', "{'state_dict': plain, 'state_dict_ema': average}");
    const { assumed } = asModel(await readWeights(file));
    expect(assumed).toEqual([
      expect.stringMatching(/^weights .*network\.pth: got weights .* using the average$/),
      expect.stringMatching(/so fcn assumes/),
    ]);
    expect(asModel(await readWeights(file), { input: 'caffe' }).assumed).toEqual([assumed[0]]);
  });
});
