import { describe, expect, it } from 'vitest';
import { multiplicationsOf } from '../../../src/cli/bench/arithmetic.ts';
import type { ModelName } from '../../../src/networks/model-names.ts';
import { pyTorchNote, runPython, withoutPyTorch } from '../../weights/torch/pytorch.ts';

const architecture = (model: ModelName, numClasses: number, width: number) =>
  ({ model, numClasses, width, deconvolution: 'learned' }) as const;

describe('multiplicationsOf', () => {
  it('counts a full-width FCN-8s as PyTorch has done it', () => {
    expect(multiplicationsOf(architecture('fcn8s', 21, 1), 224, 224)).toBe(62_860_657_728);
  });

  it.skipIf(withoutPyTorch)(`counts what PyTorch does${pyTorchNote}`, { timeout: 180_000 }, async () => {
    const cases: [ModelName, number, number, number, number][] = [
      ['fcn8s', 21, 0.0625, 64, 90],
      ['fcn16s', 5, 0.125, 33, 47],
      ['fcn32s', 2, 0.03125, 60, 40],
      ['fcn32s-alexnet', 21, 0.0625, 64, 90],
      ['fcn8s-squeezenet', 21, 0.25, 97, 130],
      ['fcn16s-mobilenetv2', 4, 0.25, 96, 64],
      ['fcn8s-mobilenetv2', 21, 0.25, 97, 130],
    ];
    const counted = JSON.parse(await runPython(counting, JSON.stringify(cases)));
    const ours = cases.map(([model, classes, width, ...size]) =>
      multiplicationsOf(architecture(model, classes, width), ...size),
    );
    expect(ours).toEqual(counted);
  });
});

/** Each layer says what came in and went out. */
const counting = `
import json, sys, torch
from torch import nn
from models import build

def multiplications(model, classes, width, *size):
    total = 0
    def count(layer, inputs, output):
        nonlocal total
        pixels = (inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output).shape[2:].numel()
        total += pixels * layer.weight.numel()
    network = build(model, classes, width).eval()
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 3, *size))
    return total

print(json.dumps([multiplications(*case) for case in json.loads(sys.argv[1])]))
`;
