"""operators.safetensors: every differentiable operator on small inputs, with its gradients as autograd has them.

Tensors `CASE/x`, `/w`, `/b` (inputs), `/y` (output), `/dy` (its gradient), `/dx`, `/dw`, `/db` (gradients of inputs).
`add` is y = x + b with two tensors of one shape; `concatenate` is x, b and x again; `crop` takes its size from `/ref`;
`dropout` has `/mask`; `softmaxLoss` and `sumOfLosses` have `/label` and `/loss` (a scalar whose gradient is 1) in place of
`/y` and `/dy`.
"""

import json
import zlib

import numpy as np
import torch
import torch.nn.functional as F

from fcn import crop
from learning import pixel_loss
from losses import summed


def case_random(name):
    """A random stream of its own for each case: a new case leaves the others as they were."""
    return np.random.default_rng([20141114, zlib.crc32(name.encode())])


def stored(array):
    """What float32 keeps of an array, in float64: results are then exact for the numbers in the file."""
    return np.asarray(array, 'float32').astype('float64')


class Cases:
    def __init__(self):
        self.tensors = {}
        self.entries = []

    def add(self, name, op, attributes, inputs, forward, constants=None, output='y'):
        """Runs `forward` on the float64 inputs and keeps everything the case consists of."""
        random = case_random(f'{name}/dy')
        leaves = {key: torch.from_numpy(stored(value)).requires_grad_() for key, value in inputs.items()}
        result = forward(*leaves.values())
        dy = torch.ones(()) if output == 'loss' else torch.from_numpy(stored(random.standard_normal(result.shape)))
        result.backward(dy.double())

        kept = {key: leaf.detach() for key, leaf in leaves.items()}
        kept |= {f'd{key}': leaf.grad for key, leaf in leaves.items()}
        kept |= {output: result.detach()} | ({} if output == 'loss' else {'dy': dy})
        self.tensors |= {f'{name}/{key}': value.numpy().astype('float32') for key, value in kept.items()}
        self.tensors |= {f'{name}/{key}': value for key, value in (constants or {}).items()}
        self.entries.append({'name': name, 'op': op, 'attributes': attributes})


def normal(name, *shape):
    return case_random(name).standard_normal(shape)


def add_convolutions(cases):
    shapes = [
        # name, x [N, I, H, W], output channels, kernel, pad
        ('conv3x3', (1, 3, 7, 9), 4, 3, 1),
        ('conv3x3-batch3-even', (3, 2, 6, 8), 5, 3, 1),
        ('conv3x3-one-pixel', (2, 3, 1, 1), 4, 3, 1),
        ('conv3x3-one-channel', (1, 1, 5, 4), 1, 3, 1),
        ('conv3x3-unpadded', (1, 4, 6, 5), 3, 3, 0),
        ('conv3x3-big-pad', (2, 3, 5, 6), 4, 3, 5),
        ('conv7x7', (2, 3, 9, 11), 5, 7, 0),
        ('conv7x7-to-one-pixel', (1, 4, 7, 7), 6, 7, 0),
        ('conv7x7-even', (1, 2, 8, 10), 3, 7, 0),
        ('conv1x1', (2, 5, 5, 7), 3, 1, 0),
        ('conv1x1-one-pixel', (1, 6, 1, 1), 4, 1, 0),
    ]
    for name, x, outputs, kernel, pad in shapes:
        inputs = {
            'x': normal(f'{name}/x', *x),
            'w': normal(f'{name}/w', outputs, x[1], kernel, kernel),
            'b': normal(f'{name}/b', outputs),
        }
        cases.add(name, 'conv', {'pad': pad}, inputs, lambda x, w, b: F.conv2d(x, w, b, padding=pad))


def add_strided_and_grouped_convolutions(cases):
    shapes = [
        # name, x [N, I, H, W], output channels, kernel, (pad before, after), stride, groups
        ('conv3x3-stride2', (1, 3, 8, 9), 4, 3, (1, 1), 2, 1),
        ('conv3x3-stride2-uneven-pad', (2, 3, 8, 6), 4, 3, (0, 2), 2, 1),
        ('conv3x3-stride2-uneven-pad-odd', (2, 3, 7, 9), 4, 3, (0, 2), 2, 1),
        ('conv3x3-uneven-pad', (2, 3, 5, 6), 4, 3, (0, 2), 1, 1),
        ('conv1x1-stride2', (2, 3, 6, 7), 4, 1, (0, 0), 2, 1),
        ('conv7x7-stride2', (1, 3, 13, 16), 4, 7, (0, 0), 2, 1),
        ('conv11x11-stride4-big-pad', (2, 3, 6, 9), 4, 11, (12, 12), 4, 1),
        ('conv11x11-stride4', (1, 3, 17, 21), 4, 11, (0, 0), 4, 1),
        ('conv5x5-groups2', (2, 4, 6, 7), 6, 5, (2, 2), 1, 2),
        ('conv3x3-groups2', (1, 6, 5, 4), 4, 3, (1, 1), 1, 2),
        ('conv3x3-groups3-stride2', (2, 6, 5, 8), 9, 3, (1, 1), 2, 3),
        ('conv3x3-groups2-big-pad', (1, 4, 3, 4), 6, 3, (4, 5), 1, 2),
        ('depthwise3x3', (1, 5, 6, 7), 5, 3, (1, 1), 1, 5),
        ('depthwise3x3-batch2', (2, 4, 5, 6), 4, 3, (1, 1), 1, 4),
        ('depthwise3x3-one-pixel', (2, 3, 1, 1), 3, 3, (1, 1), 1, 3),
        ('depthwise3x3-many-channels', (1, 256, 3, 2), 256, 3, (1, 1), 1, 256),
        ('depthwise3x3-many-channels-batch2', (2, 257, 2, 3), 257, 3, (1, 0), 1, 257),
        ('depthwise3x3-unpadded', (2, 3, 3, 5), 3, 3, (0, 0), 1, 3),
        ('depthwise5x5', (1, 3, 7, 6), 3, 5, (1, 1), 1, 3),
        ('depthwise3x3-uneven-pad', (2, 3, 5, 4), 3, 3, (0, 2), 1, 3),
        ('depthwise3x3-stride2-even', (2, 4, 8, 6), 4, 3, (0, 2), 2, 4),
        ('depthwise3x3-stride2-odd', (2, 4, 7, 9), 4, 3, (0, 2), 2, 4),
        ('depthwise3x3-stride2-even-odd', (1, 3, 6, 5), 3, 3, (1, 1), 2, 3),
        ('depthwise3x3-stride2-uncovered', (2, 3, 8, 6), 3, 3, (0, 0), 2, 3),
        ('depthwise3x3-stride2-one-pixel', (1, 3, 1, 1), 3, 3, (0, 2), 2, 3),
        ('depthwise3x3-16-channels', (2, 16, 5, 7), 16, 3, (1, 1), 1, 16),
        ('depthwise3x3-16-channels-stride2', (1, 16, 7, 8), 16, 3, (1, 1), 2, 16),
        ('depthwise3x3-32-channels-stride2-batch2', (2, 32, 6, 5), 32, 3, (0, 2), 2, 32),
        ('depthwise5x5-16-channels-big-pad', (1, 16, 2, 3), 16, 5, (5, 6), 1, 16),
        ('depthwise5x5-stride3', (1, 3, 9, 11), 3, 5, (2, 1), 3, 3),
        ('depthwise3x3-two-outputs-each', (2, 3, 6, 7), 6, 3, (0, 2), 2, 3),
    ]
    for name, x, outputs, kernel, (before, after), stride, groups in shapes:
        inputs = {
            'x': normal(f'{name}/x', *x),
            'w': normal(f'{name}/w', outputs, x[1] // groups, kernel, kernel),
            'b': normal(f'{name}/b', outputs),
        }
        cases.add(name, 'conv', {'pad': [before, after], 'stride': stride, 'groups': groups}, inputs,
                  lambda x, w, b: F.conv2d(F.pad(x, (before, after, before, after)), w, b, stride, groups=groups))


def add_convolutions_without_bias(cases):
    shapes = [
        # name, x [N, I, H, W], output channels, kernel, pad, stride, dilation
        ('conv3x3-dilated4-without-bias', (2, 3, 6, 5), 4, 3, 4, 1, 4),
        ('conv3x3-dilated3-stride2-without-bias', (1, 3, 11, 13), 2, 3, 3, 2, 3),
        ('conv7x7-stride2-pad3-without-bias', (2, 3, 13, 16), 4, 7, 3, 2, 1),
        ('conv3x3-without-bias', (2, 3, 5, 6), 4, 3, 1, 1, 1),
        ('conv1x1-stride2-without-bias', (2, 3, 7, 6), 4, 1, 0, 2, 1),
    ]
    for name, x, outputs, kernel, pad, stride, dilation in shapes:
        inputs = {'x': normal(f'{name}/x', *x), 'w': normal(f'{name}/w', outputs, x[1], kernel, kernel)}
        cases.add(name, 'conv', {'pad': pad, 'stride': stride, 'dilation': dilation}, inputs,
                  lambda x, w: F.conv2d(x, w, None, stride, pad, dilation))


def add_dilated_convolutions(cases):
    shapes = [
        # name, x [N, I, H, W], output channels, kernel, (pad before, after), stride, dilation, groups
        ('conv3x3-dilation2', (2, 3, 6, 7), 4, 3, (2, 2), 1, 2, 1),
        ('conv3x3-dilation4-small-map', (1, 3, 3, 2), 4, 3, (4, 4), 1, 4, 1),
        ('conv3x3-dilation2-pad-beyond', (1, 2, 4, 5), 3, 3, (5, 6), 1, 2, 1),
        ('conv3x3-dilation2-stride2', (2, 3, 8, 9), 4, 3, (2, 1), 2, 2, 1),
        ('conv3x3-dilation3-stride2-uncovered', (1, 3, 10, 11), 4, 3, (0, 1), 2, 3, 1),
        ('conv5x5-dilation2-groups2', (1, 4, 9, 10), 6, 5, (4, 4), 1, 2, 2),
        ('depthwise3x3-dilation2', (1, 5, 6, 7), 5, 3, (2, 2), 1, 2, 5),
        ('depthwise3x3-dilation2-batch2', (2, 4, 5, 4), 4, 3, (2, 2), 1, 2, 4),
        ('depthwise3x3-16-channels-dilation2', (2, 16, 5, 6), 16, 3, (2, 2), 1, 2, 16),
        ('depthwise3x3-16-channels-dilation2-stride2', (1, 16, 8, 7), 16, 3, (2, 1), 2, 2, 16),
        ('depthwise3x3-dilation2-one-pixel', (2, 3, 1, 1), 3, 3, (2, 2), 1, 2, 3),
    ]
    for name, x, outputs, kernel, (before, after), stride, dilation, groups in shapes:
        inputs = {
            'x': normal(f'{name}/x', *x),
            'w': normal(f'{name}/w', outputs, x[1] // groups, kernel, kernel),
            'b': normal(f'{name}/b', outputs),
        }
        attributes = {'pad': [before, after], 'stride': stride, 'dilation': dilation, 'groups': groups}
        cases.add(name, 'conv', attributes, inputs,
                  lambda x, w, b: F.conv2d(F.pad(x, (before, after, before, after)), w, b, stride,
                                           dilation=dilation, groups=groups))


def add_transposed_convolutions(cases):
    shapes = [
        # name, x [N, I, H, W], output channels, kernel, stride
        ('conv-transpose4x4', (1, 3, 5, 6), 4, 4, 2),
        ('conv-transpose4x4-batch2', (2, 2, 3, 3), 2, 4, 2),
        ('conv-transpose4x4-one-pixel', (1, 5, 1, 1), 5, 4, 2),
        ('conv-transpose8x8', (2, 2, 4, 3), 3, 8, 4),
        ('conv-transpose16x16', (1, 3, 3, 4), 2, 16, 8),
        ('conv-transpose16x16-batch2', (2, 2, 2, 3), 2, 16, 8),
        ('conv-transpose32x32', (1, 2, 2, 3), 2, 32, 16),
    ]
    for name, x, outputs, kernel, stride in shapes:
        inputs = {'x': normal(f'{name}/x', *x), 'w': normal(f'{name}/w', x[1], outputs, kernel, kernel)}
        cases.add(name, 'convTranspose', {'stride': stride}, inputs,
                  lambda x, w: F.conv_transpose2d(x, w, stride=stride))


def add_max_pools(cases):
    shapes = [('max-pool-even', (1, 2, 6, 8)), ('max-pool-odd', (2, 3, 7, 9)), ('max-pool-odd-even', (1, 3, 5, 6)),
              ('max-pool-even-odd', (3, 2, 4, 7)), ('max-pool-one-pixel', (1, 2, 1, 1)), ('max-pool-column', (2, 1, 5, 1))]
    for name, shape in shapes:
        # A shuffled ramp: no ties, and windows of negative values only, which padding with zero would spoil.
        ramp = case_random(name).permutation(np.linspace(-3, 3, np.prod(shape))).reshape(shape)
        cases.add(name, 'maxPool', {'kernel': 2, 'stride': 2, 'ceilMode': True}, {'x': ramp},
                  lambda x: F.max_pool2d(x, 2, stride=2, ceil_mode=True))

    shapes = [
        # name, x [N, C, H, W], kernel, stride
        ('max-pool3x3-odd', (2, 3, 9, 11), 3, 2),
        ('max-pool3x3-even', (2, 2, 8, 10), 3, 2),
        ('max-pool3x3-odd-even', (1, 3, 7, 6), 3, 2),
        ('max-pool3x3-even-odd', (3, 2, 6, 5), 3, 2),
        ('max-pool3x3-one-window', (2, 2, 3, 3), 3, 2),
        ('max-pool3x3-touching', (1, 2, 8, 10), 3, 3),
        ('max-pool3x3-every-pixel', (2, 2, 5, 6), 3, 1),
    ]
    for name, shape, kernel, stride in shapes:
        ramp = case_random(name).permutation(np.linspace(-3, 3, np.prod(shape))).reshape(shape)
        attributes = {'kernel': kernel, 'stride': stride, 'ceilMode': True}
        cases.add(name, 'maxPool', attributes, {'x': ramp},
                  lambda x: F.max_pool2d(x, kernel, stride=stride, ceil_mode=True))
        # Ties, as where relu came before: the gradient goes to the first of equal maxima.
        ties = np.maximum(np.round(normal(f'{name}-ties', *shape)), 0)
        cases.add(f'{name}-ties', 'maxPool', attributes, {'x': ties},
                  lambda x: F.max_pool2d(x, kernel, stride=stride, ceil_mode=True))


    for name, shape, kernel, stride, dilation in (('max-pool2x2-dilated', (2, 3, 7, 8), 2, 1, 3), ('max-pool3x3-dilated', (1, 2, 8, 11), 3, 2, 2)):
        ramp = case_random(name).permutation(np.linspace(-3, 3, np.prod(shape))).reshape(shape)
        cases.add(name, 'maxPool', {'kernel': kernel, 'stride': stride, 'dilation': dilation}, {'x': ramp},
                  lambda x: F.max_pool2d(x, kernel, stride, dilation=dilation, ceil_mode=True))

    for name, shape in (('max-pool3x3-padded', (2, 3, 8, 10)), ('max-pool3x3-padded-odd', (1, 2, 7, 9)),
                        ('max-pool3x3-padded-one-pixel', (2, 2, 1, 1))):
        ramp = case_random(name).permutation(np.linspace(-3, 3, np.prod(shape))).reshape(shape)
        cases.add(name, 'maxPool', {'kernel': 3, 'stride': 2, 'pad': 1}, {'x': ramp}, lambda x: F.max_pool2d(x, 3, 2, 1))


def add_pointwise(cases):
    cases.add('relu', 'relu', {}, {'x': normal('relu', 2, 3, 5, 4)}, F.relu)
    with_zeros = np.round(normal('relu-zeros', 1, 2, 4, 5))  # the gradient at 0 is 0
    cases.add('relu-zeros', 'relu', {}, {'x': with_zeros}, F.relu)

    to_both_ends = np.round(3 + 4 * normal('relu6', 2, 3, 5, 4))  # the gradient at 0 and at 6 is 0
    assert {0, 6} < set(to_both_ends.flat)
    cases.add('relu6', 'relu6', {}, {'x': to_both_ends}, F.relu6)
    cases.add('relu6-one-pixel', 'relu6', {}, {'x': 6 * normal('relu6-one-pixel', 2, 5, 1, 1)}, F.relu6)

    for name, shape in (('add', (2, 3, 4, 5)), ('add-one-pixel', (1, 2, 1, 1))):
        cases.add(name, 'add', {}, {'x': normal(f'{name}/x', *shape), 'b': normal(f'{name}/b', *shape)},
                  lambda x, b: x + b)
    for name, shape in (('maximum', (2, 3, 4, 5)), ('maximum-one-pixel', (1, 2, 1, 1))):
        cases.add(name, 'maximum', {}, {'x': normal(f'{name}/x', *shape), 'b': normal(f'{name}/b', *shape)}, torch.maximum)
    # Whole numbers, many of which are equal.
    cases.add('maximum-ties', 'maximum', {}, {each: np.round(normal(f'maximum-ties/{each}', 2, 3, 4, 5)) for each in 'xb'},
              torch.maximum)
    cases.add('zero-first-channel', 'zeroFirstChannel', {}, {'x': normal('zero-first-channel', 2, 3, 4, 5)},
              lambda x: torch.cat([0 * x[:, :1], x[:, 1:]], 1))
    for name, factor in (('scale-pool4', 0.01), ('scale-pool3', 0.0001), ('scale-negative', -2.5)):
        cases.add(name, 'scale', {'factor': factor}, {'x': normal(name, 2, 3, 3, 5)}, lambda x: x * factor)

    for name, rate, shape in (('dropout-half', 0.5, (2, 6, 3, 2)), ('dropout-quarter', 0.25, (1, 5, 4, 3)),
                              ('dropout-none', 0, (1, 3, 2, 2))):
        mask = (case_random(f'{name}/mask').random(shape) >= rate).astype('uint8')
        cases.add(name, 'dropout', {'rate': rate}, {'x': normal(name, *shape)},
                  lambda x: x * torch.from_numpy(mask) / (1 - rate), {'mask': mask})


def add_normalizations(cases):
    shapes = [
        # name, x [N, C, H, W], size, alpha, beta
        ('local-normalization', (2, 9, 4, 5), 5, 0.5, 0.75),
        ('local-normalization-alexnet', (1, 8, 5, 7), 5, 1e-4, 0.75),
        ('local-normalization-few-channels', (2, 2, 3, 3), 5, 2, 0.75),
        ('local-normalization-three', (1, 6, 1, 4), 3, 1, 0.5),
    ]
    for name, shape, size, alpha, beta in shapes:
        cases.add(name, 'localResponseNormalization', {'size': size, 'alpha': alpha, 'beta': beta},
                  {'x': 3 * normal(name, *shape)}, lambda x: F.local_response_norm(x, size, alpha, beta, k=1))


def add_batch_normalizations(cases):
    for name, shape in (('batch-normalization', (2, 3, 4, 5)), ('batch-normalization-one-image', (1, 4, 6, 3)),
                        ('batch-normalization-pixels', (3, 2, 1, 1)), ('batch-normalization-one-channel', (2, 1, 3, 4))):
        channels = shape[1]
        inputs = {'x': 2 + 3 * normal(name, *shape), 'w': 1 + 0.5 * normal(f'{name}/w', channels),
                  'b': normal(f'{name}/b', channels)}
        followed = {f'followed-{key}': value.numpy().astype('float32') for key, value in
                    zip(('mean', 'variance'), running_statistics(torch.from_numpy(stored(inputs['x']))))}
        cases.add(name, 'batchNormalization', {}, inputs,
                  lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), followed)
        mean, variance = stored(normal(f'{name}/mean', channels)), stored(0.5 + normal(f'{name}/variance', channels) ** 2)
        constants = {'mean': mean.astype('float32'), 'variance': variance.astype('float32')}
        cases.add(name.replace('batch-', 'running-'), 'normalizationByStatistics', {}, inputs,
                  lambda x, w, b: F.batch_norm(x, torch.from_numpy(mean), torch.from_numpy(variance), w, b), constants)


def running_statistics(x):
    """The mean and the variance that running averages with a momentum of 1 become."""
    mean, variance = torch.zeros(x.shape[1]).double(), torch.zeros(x.shape[1]).double()
    F.batch_norm(x, mean, variance, training=True, momentum=1)
    return mean, variance


def add_resizes(cases):
    shapes = [
        # name, x [N, C, H, W], height and width of the result
        ('resize', (2, 3, 4, 5), (32, 40)),
        ('resize-not-a-multiple', (1, 2, 5, 4), (37, 27)),
        ('resize-by-one', (1, 2, 4, 6), (4, 9)),
        ('resize-not', (2, 2, 3, 4), (3, 4)),
        ('resize-one-pixel', (1, 3, 1, 1), (8, 6)),
    ]
    for name, x, size in shapes:
        ref = np.zeros((x[0], 1, *size), 'float32')
        cases.add(name, 'resizeBilinear', {}, {'x': normal(name, *x)},
                  lambda x: F.interpolate(x, size, mode='bilinear', align_corners=False), {'ref': ref})


def stretched(size, at, target):
    """Indices of an axis on which pixel `at` is repeated until there are `target` of them."""
    return [*range(at), *[at] * (target - size + 1), *range(at + 1, size)]


def add_rearrangements(cases):
    inputs = {'x': normal('concatenate/x', 2, 3, 4, 5), 'b': normal('concatenate/b', 2, 2, 4, 5)}
    cases.add('concatenate', 'concatenate', {}, inputs, lambda x, b: torch.cat([x, b, x], 1))
    for name, start, end in (('take-rows', 1, 3), ('take-all-rows', 0, 4)):
        cases.add(name, 'takeRows', {'start': start, 'end': end}, {'x': normal(name, 2, 3, 4, 5)},
                  lambda x: x[:, :, start:end])
    inputs = {'x': normal('stack-rows/x', 2, 3, 4, 5), 'b': normal('stack-rows/b', 2, 3, 1, 5)}
    cases.add('stack-rows', 'stackRows', {}, inputs, lambda x, b: torch.cat([x, b], 2))
    for name, shape in (('repeat-border', (2, 3, 4, 5)), ('repeat-border-odd-even', (1, 2, 3, 2)),
                        ('repeat-border-column', (2, 2, 5, 1)), ('repeat-border-one-pixel', (1, 3, 1, 1))):
        cases.add(name, 'repeatBorder', {'before': 1, 'after': 1}, {'x': normal(name, *shape)},
                  lambda x: F.pad(x, (1, 1, 1, 1), mode='replicate'))
    for name, before, after in (('repeat-border-uneven', 3, 2), ('repeat-border-before', 4, 0)):
        cases.add(name, 'repeatBorder', {'before': before, 'after': after}, {'x': normal(name, 2, 3, 4, 5)},
                  lambda x: F.pad(x, (before, after, before, after), mode='replicate'))
    for name, at, (rows, columns) in (('stretch', 2, (9, 6)), ('stretch-not', 1, (4, 5)), ('stretch-first', 0, (5, 12))):
        def stretch(x):
            return x[:, :, stretched(4, at, rows)][:, :, :, stretched(5, at, columns)]
        cases.add(name, 'stretch', {'at': at, 'size': [rows, columns]}, {'x': normal(name, 2, 3, 4, 5)}, stretch)
    for name, offset, batch, (rows, columns) in (('paste', 2, 2, (3, 4)), ('paste-corner', 0, 1, (2, 2)),
                                                 ('paste-over', 1, 3, (5, 6))):
        def paste(x, b):
            y = b.repeat(batch, 1, 1, 1)
            y[:, :, offset:offset + rows, offset:offset + columns] = x
            return y
        cases.add(name, 'paste', {'offset': offset},
                  {'x': normal(name, batch, 3, rows, columns), 'b': normal(f'{name}/b', 1, 3, 6, 7)}, paste)
    for name, shape in (('global-average', (2, 3, 4, 5)), ('global-average-one-pixel', (2, 4, 1, 1))):
        cases.add(name, 'globalAveragePool', {}, {'x': normal(name, *shape)}, lambda x: F.adaptive_avg_pool2d(x, 1))


def add_crops(cases):
    shapes = [
        # name, offset, x [N, C, H, W], reference [N, C, H, W]
        ('crop', 5, (2, 3, 12, 14), (2, 3, 6, 7)),
        ('crop-other-channels', 9, (1, 2, 20, 17), (1, 5, 7, 8)),
        ('crop-to-the-edge', 3, (1, 2, 8, 9), (1, 2, 5, 6)),
        ('crop-nothing', 0, (2, 2, 4, 5), (2, 3, 4, 5)),
        ('crop-one-pixel', 2, (1, 3, 4, 4), (1, 3, 1, 1)),
    ]
    for name, offset, x, reference in shapes:
        ref = normal(f'{name}/ref', *reference).astype('float32')
        cases.add(name, 'crop', {'offset': offset}, {'x': normal(name, *x)},
                  lambda x: crop(x, offset, *reference[2:]), {'ref': ref})


def add_cropped_deconvolutions(cases):
    shapes = [
        # name, stride, kernel, offset, x [N, C, H, W], output channels, size of the crop
        ('cropped-deconvolution', 8, 16, 31, (1, 3, 9, 8), 3, (25, 20)),
        ('cropped-deconvolution-odd-kernel', 4, 7, 6, (2, 3, 4, 5), 2, (9, 13)),
        ('cropped-deconvolution-from-the-first', 2, 4, 0, (1, 2, 3, 4), 3, (8, 10)),
        ('cropped-deconvolution-within-a-block', 4, 8, 2, (2, 2, 3, 3), 2, (3, 14)),
        ('cropped-deconvolution-large-stride', 32, 64, 19, (1, 2, 2, 3), 2, (40, 70)),
    ]
    for name, stride, kernel, offset, x, channels, size in shapes:
        ref = np.zeros((1, 1, *size), 'float32')
        cases.add(name, 'croppedDeconvolution', {'stride': stride, 'offset': offset},
                  {'x': normal(name, *x), 'w': normal(f'{name}/w', x[1], channels, kernel, kernel)},
                  lambda x, w: crop(F.conv_transpose2d(x, w, stride=stride), offset, *size), {'ref': ref})


def add_enlargements(cases):
    def interpolated(x, stride, origin, height, width):
        """At (p - origin) / stride, by PyTorch's sampling of a grid with its border repeated."""
        def places(size, length):
            index = (torch.arange(length, dtype=torch.float64) - origin) / stride
            return 2 * index / max(1, size - 1) - 1  # -1 is the middle of the first pixel, 1 that of the last
        rows, columns = places(x.shape[2], height), places(x.shape[3], width)
        grid = torch.stack(torch.meshgrid(rows, columns, indexing='ij')[::-1], dim=-1)
        return F.grid_sample(x, grid.expand(len(x), -1, -1, -1), padding_mode='border', align_corners=True)

    shapes = [
        # name, stride, origin, x [N, C, H, W], size of the result
        ('interpolate-16', 16, 0, (1, 3, 4, 5), (49, 65)),
        ('interpolate-16-beyond-the-end', 16, 0, (2, 2, 3, 2), (47, 30)),
        ('interpolate-4-shifted', 4, 1.5, (2, 3, 3, 4), (13, 15)),
        ('interpolate-8-one-pixel', 8, 0, (1, 2, 1, 1), (5, 3)),
    ]
    for name, stride, origin, x, size in shapes:
        cases.add(name, 'interpolate', {'stride': stride, 'origin': origin}, {'x': normal(name, *x)},
                  lambda x: interpolated(x, stride, origin, *size), {'ref': np.zeros((1, 1, *size), 'float32')})
    for name, x, size in [('spread', (1, 4, 1, 1), (3, 5)), ('spread-batch2', (2, 3, 1, 1), (1, 2))]:
        cases.add(name, 'spread', {}, {'x': normal(name, *x)}, lambda x: x.expand(*x.shape[:2], *size),
                  {'ref': np.zeros((1, 1, *size), 'float32')})


def add_losses(cases):
    shapes = [
        # name, normalization, x [N, K, H, W], share of void pixels, size of the logits
        ('loss-mean', 'mean', (1, 5, 6, 7), 0.2, 1),
        ('loss-sum', 'sum', (1, 5, 6, 7), 0.2, 1),
        ('loss-mean-batch2', 'mean', (2, 21, 5, 4), 0.3, 2),
        ('loss-sum-batch3', 'sum', (3, 4, 3, 5), 0.3, 2),
        ('loss-mean-no-void', 'mean', (2, 3, 4, 4), 0, 1),
        ('loss-mean-large-logits', 'mean', (1, 6, 5, 5), 0.1, 200),
        ('loss-mean-all-void', 'mean', (2, 5, 3, 4), 1, 1),
        ('loss-sum-all-void', 'sum', (1, 5, 3, 4), 1, 1),
    ]
    for name, normalization, shape, void, size in shapes:
        random = case_random(f'{name}/label')
        label = random.integers(0, shape[1], (shape[0], *shape[2:])).astype('uint8')
        label[random.random(label.shape) < void] = 255
        cases.add(name, 'softmaxLoss', {'normalization': normalization}, {'x': size * normal(name, *shape)},
                  lambda x: pixel_loss(x, torch.from_numpy(label), normalization), {'label': label}, output='loss')
    # One image of the batch is void altogether: the mean is over the minibatch, not over its images.
    x = normal('loss-mean-void-image', 2, 4, 3, 3)
    label = case_random('loss-mean-void-image/label').integers(0, 4, (2, 3, 3)).astype('uint8')
    label[1] = 255
    cases.add('loss-mean-void-image', 'softmaxLoss', {'normalization': 'mean'}, {'x': x},
              lambda x: pixel_loss(x, torch.from_numpy(label), 'mean'), {'label': label}, output='loss')

    weights = [0.25, 3, 0, 1.5, 0.5]
    label = case_random('loss-weights/label').choice([0, 1, 2, 3, 4, 255], (2, 4, 5)).astype('uint8')
    for normalization in ('sum', 'mean'):
        cases.add(f'loss-weights-{normalization}', 'softmaxLoss',
                  {'normalization': normalization, 'classWeights': weights}, {'x': 2 * normal('loss-weights', 2, 5, 4, 5)},
                  lambda x: F.cross_entropy(x, torch.from_numpy(label).long(), torch.tensor(weights).double(),
                                            ignore_index=255, reduction=normalization), {'label': label}, output='loss')


def add_sums_of_losses(cases):
    weights = [0.25, 3, 0, 1.5, 0.5]
    shapes = [
        # name, x [N, K, H, W], share of void pixels, size of the logits
        ('', (1, 5, 6, 7), 0.2, 1),
        ('-batch2', (2, 9, 5, 4), 0.3, 2),
        ('-batch3', (3, 4, 3, 5), 0, 1),
        ('-one-pixel', (2, 3, 1, 1), 0, 1),
        ('-large-logits', (2, 4, 4, 5), 0.1, 15),
        ('-all-void', (2, 5, 3, 4), 1, 1),
        ('-void-image', (2, 4, 3, 3), None, 1),
    ]

    def add(name, terms, shape, void, size, attributes):
        random = case_random(f'{name}/label')
        label = random.integers(0, shape[1], (shape[0], *shape[2:])).astype('uint8')
        if void is None:
            label[1] = 255
        else:
            label[random.random(label.shape) < void] = 255
        options = (attributes.get(key) for key in ('normalization', 'classWeights', 'hardPixels'))
        normalization, class_weights, share = options
        cases.add(name, 'sumOfLosses', {'terms': [{'name': each, 'weight': factor} for each, factor in terms], **attributes},
                  {'x': size * normal(name, *shape)},
                  lambda x: summed(x, torch.from_numpy(label), terms, normalization or 'mean', class_weights, share),
                  {'label': label}, output='loss')

    for loss in ('dice', 'lovasz', 'focal', 'sigmoid'):
        for suffix, shape, void, size in shapes:
            add(f'{loss}{suffix}', [(loss, 1)], shape, void, size, {})
    for normalization in ('sum', 'mean'):
        add(f'focal-weights-{normalization}', [('focal', 1)], (2, 5, 4, 5), 0.2, 2,
            {'normalization': normalization, 'classWeights': weights})
        add(f'sigmoid-weights-{normalization}', [('sigmoid', 1)], (2, 5, 4, 5), 0.2, 2,
            {'normalization': normalization, 'classWeights': weights})
        add(f'hard-pixels-{normalization}', [('ce', 1)], (3, 5, 4, 5), 0.3, 2,
            {'normalization': normalization, 'hardPixels': 0.3})
        add(f'sum-of-three-{normalization}', [('ce', 1), ('dice', 0.5), ('lovasz', 2)], (2, 4, 5, 6), 0.2, 1,
            {'normalization': normalization})
        add(f'dice-lovasz-{normalization}', [('dice', 1), ('lovasz', 1)], (2, 3, 4, 4), 0.2, 1,
            {'normalization': normalization})
        add(f'sum-of-all-{normalization}', [('focal', 2), ('ce', 1), ('lovasz', 0.25), ('dice', 1)], (2, 5, 4, 5), 0.2, 1,
            {'normalization': normalization, 'classWeights': weights, 'hardPixels': 0.5})
    add('hard-pixels-one', [('ce', 1)], (2, 4, 3, 3), 0.1, 1, {'hardPixels': 0.01})
    add('hard-pixels-void-image', [('ce', 1)], (2, 4, 3, 3), None, 1, {'hardPixels': 0.5})
    add('hard-pixels-all-void', [('ce', 1)], (2, 4, 3, 3), 1, 1, {'hardPixels': 0.5})


def operators():
    cases = Cases()
    add_convolutions(cases)
    add_strided_and_grouped_convolutions(cases)
    add_dilated_convolutions(cases)
    add_convolutions_without_bias(cases)
    add_transposed_convolutions(cases)
    add_max_pools(cases)
    add_pointwise(cases)
    add_normalizations(cases)
    add_batch_normalizations(cases)
    add_resizes(cases)
    add_rearrangements(cases)
    add_crops(cases)
    add_cropped_deconvolutions(cases)
    add_enlargements(cases)
    add_losses(cases)
    add_sums_of_losses(cases)
    return cases.tensors, {'cases': json.dumps(cases.entries)}
