import { beforeAll, describe, expect, it } from 'vitest';
import { readWeights } from '../../../src/weights/read-weights.ts';
import { temporaryFile } from './files.ts';
import { pyTorchNote, runPython, saveAll, withoutPyTorch } from './pytorch.ts';

/** `sd` holds a layer of ones. */
const definitions = `
layer = lambda value: torch.full((2, 3, 3, 3), value)
sd = {'conv1_1.weight': layer(1.)}
class Negated:
    def __reduce__(self):
        t = layer(-1.)
        args = (t.storage(), 0, t.shape, t.stride(), False, {}, {'neg': True})
        return torch._utils._rebuild_tensor_v2, args`;

const nested = [
  '(3, sd)',
  '[sd, {"lr": 0.1}]',
  '{"net": {"student": {"state_dict": sd}}, "epoch": 3}',
  '{"model": {"name": "fcn8s", "width": 1}, "weights": sd}',
  '{"mine": {"inner": sd}, "optimizer": {"state": {0: {"momentum": layer(3.)}}}}',
  '{"conv1_1.weight": Negated()}',
];
const several = '{"generator": sd, "discriminator": sd}';

describe.skipIf(withoutPyTorch)(`weights inside of other things${pyTorchNote}`, () => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await saveAll(definitions, [...nested, several, 'sd']);
  });

  it.each(nested)('are found: %s', async (content) => {
    const { tensors } = await readWeights(files.get(content)!);
    expect([...tensors.keys()]).toEqual(['conv1_1.weight']);
    expect(new Set(tensors.get('conv1_1.weight')!.data)).toEqual(new Set([1]));
  });

  it('are refused where two networks have layers of ours', async () => {
    await expect(readWeights(files.get(several)!)).rejects.toThrow(
      /got several networks \("generator", "discriminator"\), expected one/,
    );
  });

  it('are named where they lie in an archive', async () => {
    const archive = temporaryFile('weights.zip');
    const program =
      'import sys, zipfile; zipfile.ZipFile(sys.argv[2], "w").write(sys.argv[1], "a/weights.pth")';
    await runPython(program, files.get('sd')!, archive);
    await expect(readWeights(archive)).rejects.toThrow(
      /got a zip archive with "a\/weights\.pth"; unpack it, and name the file in it/,
    );
  });
});
