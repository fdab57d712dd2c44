"""FCN-32s/16s/8s on VGG-16 and VGG-19 in PyTorch, written the usual way (as torchfcn and the reference prototxt have it).

Long, Shelhamer, Darrell, CVPR 2015, section 4.2; Shelhamer, Long, Darrell, PAMI 2017 (at once: section 4.3).
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

MODELS = ('fcn32s', 'fcn16s', 'fcn8s', 'fcn8s-atonce')
VGG19_MODELS = ('fcn32s-vgg19', 'fcn16s-vgg19', 'fcn8s-vgg19')

# Channels and number of 3x3 convolutions of the five blocks; each ends in a 2x2 max pooling.
BLOCKS = {'vgg16': ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
          'vgg19': ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))}

# The layer that brings the scores up to the size of the image, and the offset of the crop behind it.
FINAL = {'fcn32s': ('upscore', 19), 'fcn16s': ('upscore16', 27), 'fcn8s': ('upscore8', 31), 'fcn8s-atonce': ('upscore8', 31)}
# By how many of its pixels a skip's map is cropped before it is fused.
CROPS = {'fcn16s': 5, 'fcn8s': 9}

FINAL_DECONVOLUTIONS = ('upscore', 'upscore16', 'upscore8')


def scaled(channels, width):
    """Hidden channel count at a width; halves round up, as JavaScript's Math.round does."""
    return max(1, math.floor(channels * width + 0.5))


def crop(x, offset, height, width):
    """The window of `height` x `width` that starts at (offset, offset)."""
    return x[:, :, offset:offset + height, offset:offset + width]


class FCN(nn.Module):
    """A network by its name. Parameter names and shapes are those of the weights file (`conv1_1.weight`, ...).

    `fusion`: scores are added (`sum`), or their maximum is taken (`max`); `finest`: the finest skip is scored alone.
    """

    def __init__(self, name, num_classes=21, width=1.0, dropout=0.5, channels=3, fusion='sum'):
        super().__init__()
        if name not in MODELS + VGG19_MODELS:
            raise ValueError(f'model: got {name}, expected one of {", ".join(MODELS + VGG19_MODELS)}')
        self.name = name
        self.head = name.removesuffix('-vgg19')
        self.blocks = BLOCKS['vgg19' if name in VGG19_MODELS else 'vgg16']
        self.fusion = fusion
        self.dropout = dropout
        self.relu = nn.ReLU(inplace=True)

        inputs = channels
        for block, (channels, depth) in enumerate(self.blocks, start=1):
            for layer in range(1, depth + 1):
                outputs = scaled(channels, width)
                padding = 100 if (block, layer) == (1, 1) else 1
                setattr(self, f'conv{block}_{layer}', nn.Conv2d(inputs, outputs, 3, padding=padding))
                inputs = outputs

        hidden = scaled(4096, width)
        self.fc6 = nn.Conv2d(inputs, hidden, 7)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.score_fr = nn.Conv2d(hidden, num_classes, 1)

        def deconvolution(kernel, stride):
            return nn.ConvTranspose2d(num_classes, num_classes, kernel, stride=stride, bias=False)

        if self.head == 'fcn32s':
            self.upscore = deconvolution(64, 32)
            return
        self.upscore2 = deconvolution(4, 2)
        self.score_pool4 = nn.Conv2d(scaled(512, width), num_classes, 1)
        if self.head == 'fcn16s':
            self.upscore16 = deconvolution(32, 16)
            if fusion == 'finest':
                keep_only(self, ('conv1', 'conv2', 'conv3', 'conv4', 'score_pool4', 'upscore16'))
            return
        self.upscore_pool4 = deconvolution(4, 2)
        self.score_pool3 = nn.Conv2d(scaled(256, width), num_classes, 1)
        self.upscore8 = deconvolution(16, 8)
        if fusion == 'finest':
            keep_only(self, ('conv1', 'conv2', 'conv3', 'score_pool3', 'upscore8'))

    def forward(self, image, masks=(None, None)):
        """Logits [N, K, H, W] of images [N, C, H, W].

        `masks` (0 or 1, shaped like the outputs of fc6 and fc7) replace random dropout, so that a run can be repeated.
        """
        return self.enlarge(self.coarse(image, masks), *image.shape[2:])

    def enlarge(self, scores, height, width):
        """The last deconvolution, cropped to the image."""
        layer, offset = FINAL[self.head]
        if self.fusion == 'finest':
            offset += CROPS[self.head] * (16 if self.head == 'fcn16s' else 8)
        return crop(getattr(self, layer)(scores), offset, height, width)

    def coarse(self, image, masks=(None, None)):
        """Scores before the last deconvolution."""
        pool3 = self._block(self._block(self._block(image, 1), 2), 3)
        if self.fusion == 'finest' and self.head == 'fcn8s':
            return self.score_pool3(pool3)
        pool4 = self._block(pool3, 4)
        if self.fusion == 'finest':
            return self.score_pool4(pool4)
        h = self._block(pool4, 5)
        h = self._drop(self.relu(self.fc6(h)), masks[0])
        h = self._drop(self.relu(self.fc7(h)), masks[1])
        h = self.score_fr(h)

        if self.head == 'fcn32s':
            return h

        if self.head == 'fcn8s-atonce':
            pool4 = pool4 * 0.01
            pool3 = pool3 * 0.0001
        h = self.upscore2(h)
        h = fused(self, h, crop(self.score_pool4(pool4), 5, *h.shape[2:]))
        if self.head == 'fcn16s':
            return h

        h = self.upscore_pool4(h)
        return fused(self, h, crop(self.score_pool3(pool3), 9, *h.shape[2:]))

    def _block(self, h, block):
        for layer in range(1, self.blocks[block - 1][1] + 1):
            h = self.relu(getattr(self, f'conv{block}_{layer}')(h))
        return F.max_pool2d(h, 2, stride=2, ceil_mode=True)

    def _drop(self, h, mask):
        if mask is None:
            return F.dropout(h, self.dropout, self.training)
        return h * mask / (1 - self.dropout)


def fused(network, a, b):
    """The scores of two layers as one."""
    return torch.maximum(a, b) if network.fusion == 'max' else a + b


def keep_only(network, beginnings):
    """Removes the layers whose names begin otherwise."""
    for name in [name for name, _ in network.named_children()]:
        if not f'{name}.'.startswith(beginnings) and not name.startswith('relu'):
            delattr(network, name)


def is_deconvolution(parameter_name):
    """Whether a parameter belongs to an upsampling layer."""
    return parameter_name.startswith('upscore')


def load_weights(model, tensors):
    """Copies numpy arrays into the network; names and shapes must match exactly."""
    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()}, strict=True)


def weights_of(model, dtype='float32'):
    """The parameters as numpy arrays by name."""
    return {name: parameter.detach().numpy().astype(dtype) for name, parameter in model.state_dict().items()}
