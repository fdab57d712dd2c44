import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { temporaryFile } from './files.ts';
import { pyTorchNote, runPython, withoutPyTorch } from './pytorch.ts';

/** Saves PyTorch's {CONTENT}, in which `sd` holds a layer of ones and `other` one of twos, of another network. */
async function save(content: string): Promise<string> {
  const file = temporaryFile('weights.pth');
  const program = `
import sys, torch
layer = lambda value: torch.full((2, 3, 3, 3), value)
sd, other = {'conv1_1.weight': layer(1.)}, {'layer.weight': layer(2.)}
class Negated:
    def __reduce__(self):
        t = layer(-1.)
        args = (t.storage(), 0, t.shape, t.stride(), False, {}, {'neg': True})
        return torch._utils._rebuild_tensor_v2, args
torch.save(${content}, sys.argv[1])`;
  await runPython(program, file);
  return file;
}

describe.skipIf(withoutPyTorch)(`weights inside of other things${pyTorchNote}`, () => {
  it.each([
    '(3, sd)',
    '[sd, {"lr": 0.1}]',
    '{"net": {"student": {"state_dict": sd}}, "epoch": 3}',
    '{"model": {"name": "fcn8s", "width": 1}, "weights": sd}',
    '{"mine": {"inner": sd}, "optimizer": {"state": {0: {"momentum": layer(3.)}}}}',
    '{"conv1_1.weight": Negated()}',
  ])('are found: %s', async (content) => {
    const { tensors } = await readWeights(await save(content));
    expect([...tensors.keys()]).toEqual(['conv1_1.weight']);
    expect(new Set(tensors.get('conv1_1.weight')!.data)).toEqual(new Set([1]));
  });

  it('are refused where two networks have layers of ours', async () => {
    const file = await save('{"generator": sd, "discriminator": sd}');
    await expect(readWeights(file)).rejects.toThrow(
      /got several networks \("generator", "discriminator"\), expected one/,
    );
  });

  it('are named where they lie in an archive', async () => {
    const file = await save('sd');
    const archive = temporaryFile('weights.zip');
    const program =
      'import sys, zipfile; zipfile.ZipFile(sys.argv[2], "w").write(sys.argv[1], "a/weights.pth")';
    execFileSync('/usr/bin/python3', ['-c', program, file, archive]);
    await expect(readWeights(archive)).rejects.toThrow(
      /got a zip archive with "a\/weights\.pth"; unpack it, and name the file in it/,
    );
  });
});
