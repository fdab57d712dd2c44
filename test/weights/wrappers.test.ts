import { describe, expect, it } from 'vitest';
import { unwrapNames } from '../../src/weights/names/wrappers.ts';

const layers = ['conv1_1.weight', 'conv1_1.bias', 'fc7.weight', 'score_fr.weight', 'upscore.weight'];
const torchvision = ['features.0.weight', 'features.28.bias', 'classifier.6.weight'];
const unwrap = (names: readonly string[]) => {
  const found = unwrapNames(new Map(names.map((name, i) => [name, i])));
  return found && { names: [...found.tensors.keys()], outside: found.outside };
};

describe('unwrapNames', () => {
  it.each([
    'module.',
    '_orig_mod.',
    'module._orig_mod.',
    '_orig_mod.module.',
    'model.',
    'net.',
    'backbone.',
    'model.backbone.module.',
    'my_network.of_mine.',
  ])('removes %s before every layer', (prefix) => {
    for (const names of [layers, torchvision]) {
      expect(unwrap(names.map((name) => prefix + name))).toEqual({ names, outside: [] });
    }
  });

  it('removes different wrappers of the parts of a network', () => {
    const wrapped = layers.map((name, i) => (i < 3 ? 'module.backbone.' : 'module.') + name);
    expect(unwrap(wrapped)).toEqual({ names: layers, outside: [] });
  });

  it('leaves out what is beside the network, and keeps what is in it', () => {
    const wrapped = layers.map((name) => `model.${name}`);
    const more = ['model.extra.weight', 'criterion.weight', 'other.weight'];
    expect(unwrap([...wrapped, ...more])).toEqual({
      names: [...layers, 'extra.weight'],
      outside: ['criterion.weight', 'other.weight'],
    });
    expect(unwrap([...layers, 'criterion.weight', 'extra.weight'])).toEqual({
      names: [...layers, 'extra.weight'],
      outside: ['criterion.weight'],
    });
  });

  it("takes the prefix of torchvision's FCNs for a wrapper of their backbone", () => {
    const names = ['backbone.conv1.weight', 'backbone.layer1.0.conv1.weight', 'classifier.0.weight'];
    const own = ['conv1.weight', 'layer1.0.conv1.weight', 'classifier.0.weight'];
    expect(unwrap(names)).toEqual({ names: own, outside: [] });
  });

  it('leaves names of other networks as they are', () => {
    const others = ['backbone.stem.0.weight', 'backbone.stages.0.0.weight', 'decode_head.conv_seg.weight'];
    expect(unwrap(others)).toEqual({ names: others, outside: [] });
    expect(unwrap(['encoder.layer.0'])).toEqual({ names: ['encoder.layer.0'], outside: [] });
  });

  it('does not choose between a network and its average', () => {
    expect(unwrap([...layers, ...layers.map((name) => `ema.${name}`)])).toBeUndefined();
  });
});
