"""FCN on AlexNet, GoogLeNet, SqueezeNet and MobileNetV2 in PyTorch. Parameter names and shapes are those of the weights file.

AlexNet is the reference's voc-fcn-alexnet: CaffeNet, which pads the image by 100. The others do not pad it; instead
the maps are extended by one pixel on each side, repeating their borders, before each deconvolution, so that every pixel
of the image lies between two pixels (nearly: within one pixel) of the map that is interpolated.
"""

import torch
import torch.nn.functional as F
from torch import nn

from fcn import crop, fused, keep_only, scaled


class AlexNetFCN(nn.Module):
    """FCN-32s on CaffeNet (Krizhevsky et al. 2012 in one column, normalization after pooling)."""

    def __init__(self, num_classes, width, dropout):
        super().__init__()
        self.name = 'fcn32s-alexnet'
        self.dropout = dropout
        self.relu = nn.ReLU(inplace=True)
        # As Caffe's, PyTorch's normalization divides alpha by the size.
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
        a, b, c, d = (scaled(channels, width) for channels in (96, 256, 384, 4096))
        self.conv1 = nn.Conv2d(3, a, 11, stride=4, padding=100)
        self.conv2 = nn.Conv2d(a, b, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(b, c, 3, padding=1)
        self.conv4 = nn.Conv2d(c, c, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(c, b, 3, padding=1, groups=2)
        self.fc6 = nn.Conv2d(b, d, 6)
        self.fc7 = nn.Conv2d(d, d, 1)
        self.score_fr = nn.Conv2d(d, num_classes, 1)
        self.upscore = nn.ConvTranspose2d(num_classes, num_classes, 63, stride=32, bias=False)

    def forward(self, image, masks=(None, None)):
        """Logits [N, K, H, W] of images [N, 3, H, W]; masks of fc6 and fc7 as in FCN."""
        h = self.norm(pool(self.relu(self.conv1(image))))
        h = self.norm(pool(self.relu(self.conv2(h))))
        h = self.relu(self.conv3(h))
        h = self.relu(self.conv4(h))
        h = pool(self.relu(self.conv5(h)))
        h = drop(self, self.relu(self.fc6(h)), masks[0])
        h = drop(self, self.relu(self.fc7(h)), masks[1])
        return crop(self.upscore(self.score_fr(h)), 18, *image.shape[2:])


class UnpaddedFCN(nn.Module):
    """The heads on a backbone that does not pad the image.

    On SqueezeNet pixel 0 of the maps of stride 8, 16, 32 lies on image pixel 9, 17, 33; on MobileNetV2 on 7, 15, 31, on GoogLeNet on
    6, 14, 30. In all cases, and at every stride s, the extended map begins at the same pixel E (1, -1 or -2), and a deconvolution by f
    with the odd kernel 2f - 1 begins f - 1 pixels of the finer map before. A finer map of stride t begins at E + t.
    Hence the crops: 2 pixels of the coarse scores before each sum; at last f - 1 - E pixels of the image.
    """

    def __init__(self, name, num_classes, dropout, fusion='sum'):
        super().__init__()
        self.name = name
        self.fusion = fusion
        self.dropout = dropout
        self.head = name.split('-')[0]
        self.num_classes = num_classes

    def add_head(self, features, skip16, skip8):
        """Layers of the head; each argument is (name, channels) of a map that it reads."""
        def score(channels):
            return nn.Conv2d(channels, self.num_classes, 1)

        def deconvolution(factor):
            return nn.ConvTranspose2d(self.num_classes, self.num_classes, 2 * factor - 1, stride=factor, bias=False)

        self.skip_names = skip16[0], skip8[0]
        self.score_fr = score(features[1])
        if self.head == 'fcn32s':
            self.upscore = deconvolution(32)
            return
        self.upscore2 = deconvolution(2)
        setattr(self, f'score_{skip16[0]}', score(skip16[1]))
        if self.head == 'fcn16s':
            self.upscore16 = deconvolution(16)
            return
        setattr(self, f'upscore_{skip16[0]}', deconvolution(2))
        setattr(self, f'score_{skip8[0]}', score(skip8[1]))
        self.upscore8 = deconvolution(8)

    def scores(self, features, skip16, skip8, height, width):
        def layer(name):
            return getattr(self, name)

        def fuse(coarse, fine, name):
            fine = layer(f'score_{name}')(fine)
            return fused(self, fine, crop(coarse, 2, *fine.shape[2:]))

        h = self.score_fr(features)
        if self.head == 'fcn32s':
            return crop(self.upscore(extend(h)), 31 - self.start, height, width)
        name16, name8 = self.skip_names
        h = fuse(self.upscore2(extend(h)), skip16, name16)
        if self.head == 'fcn16s':
            return crop(self.upscore16(extend(h)), 15 - self.start, height, width)
        h = fuse(layer(f'upscore_{name16}')(extend(h)), skip8, name8)
        return crop(self.upscore8(extend(h)), 7 - self.start, height, width)


class SqueezeNetFCN(UnpaddedFCN):
    """SqueezeNet 1.0 (Iandola et al. 2016) without its classifier, pooled once more to stride 32."""

    start = 1  # E above

    # Every pooling finds something from this height and width on; less is filled up with zeros.
    LEAST = 37

    # Squeeze and expand channels of fire2 to fire9.
    FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))

    def __init__(self, name, num_classes, width, dropout):
        super().__init__(name, num_classes, dropout)
        self.relu = nn.ReLU(inplace=True)
        inputs = scaled(96, width)
        self.conv1 = nn.Conv2d(3, inputs, 7, stride=2)
        for number, (squeezed, expanded) in enumerate(self.FIRES, start=2):
            squeezed, expanded = scaled(squeezed, width), scaled(expanded, width)
            setattr(self, f'fire{number}_squeeze1x1', nn.Conv2d(inputs, squeezed, 1))
            setattr(self, f'fire{number}_expand1x1', nn.Conv2d(squeezed, expanded, 1))
            setattr(self, f'fire{number}_expand3x3', nn.Conv2d(squeezed, expanded, 3, padding=1))
            inputs = 2 * expanded
        self.add_head(('pool9', inputs), ('fire9', inputs), ('fire8', inputs))

    def forward(self, image, masks=(None,)):
        """Logits [N, K, H, W] of images [N, 3, H, W]; the mask is that of fire9."""
        height, width = image.shape[2:]
        h = F.pad(image, (0, max(0, self.LEAST - width), 0, max(0, self.LEAST - height)))
        h = pool(self.relu(self.conv1(h)))
        h = pool(self._fires(h, 2, 4))
        fire8 = self._fires(h, 5, 8)
        fire9 = self._fires(pool(fire8), 9, 9)
        h = pool(drop(self, fire9, masks[0]))
        return self.scores(h, fire9, fire8, height, width)

    def _fires(self, h, first, last):
        for number in range(first, last + 1):
            h = self.relu(getattr(self, f'fire{number}_squeeze1x1')(h))
            h = self.relu(torch.cat([getattr(self, f'fire{number}_expand1x1')(h),
                                     getattr(self, f'fire{number}_expand3x3')(h)], 1))
        return h


class MobileNetV2FCN(UnpaddedFCN):
    """MobileNetV2 1.0 (Sandler et al. 2018) without its classifier; batch normalization is part of the convolutions."""

    start = -1  # E above

    # Output channels and stride of block1 to block17.
    BLOCKS = ((16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1), (96, 1), (96, 1),
              (96, 1), (160, 2), (160, 1), (160, 1), (320, 1))

    def __init__(self, name, num_classes, width, dropout, fusion='sum'):
        super().__init__(name, num_classes, dropout, fusion)
        self.relu6 = nn.ReLU6(inplace=True)
        self.conv1 = nn.Conv2d(3, scaled(32, width), 3, stride=2)
        inputs = 32
        for number, (outputs, stride) in enumerate(self.BLOCKS, start=1):
            hidden = scaled(inputs if number == 1 else 6 * inputs, width)
            if number > 1:
                setattr(self, f'block{number}_expand', nn.Conv2d(scaled(inputs, width), hidden, 1))
            depthwise = nn.Conv2d(hidden, hidden, 3, stride=stride, padding=2 - stride, groups=hidden)
            setattr(self, f'block{number}_depthwise', depthwise)
            setattr(self, f'block{number}_project', nn.Conv2d(hidden, scaled(outputs, width), 1))
            inputs = outputs
        self.conv18 = nn.Conv2d(scaled(320, width), scaled(1280, width), 1)
        self.add_head(('conv18', scaled(1280, width)), ('block13', scaled(96, width)), ('block6', scaled(32, width)))
        if fusion == 'finest':
            number, rest = (13, ('score_block13', 'upscore16')) if self.head == 'fcn16s' else (6, ('score_block6', 'upscore8'))
            keep_only(self, ('conv1.', *(f'block{block}_' for block in range(1, number + 1)), *rest))

    def forward(self, image, masks=(None,)):
        """Logits [N, K, H, W] of images [N, 3, H, W]; the mask is that of conv18."""
        h = self.relu6(self.conv1(pad_behind(image)))
        block6 = self._blocks(h, 1, 6)
        if self.fusion == 'finest' and self.head == 'fcn8s':
            return crop(self.upscore8(extend(self.score_block6(block6))), 7 - self.start, *image.shape[2:])
        block13 = self._blocks(block6, 7, 13)
        if self.fusion == 'finest':
            return crop(self.upscore16(extend(self.score_block13(block13))), 15 - self.start, *image.shape[2:])
        h = self.relu6(self.conv18(self._blocks(block13, 14, 17)))
        h = drop(self, h, masks[0])
        return self.scores(h, block13, block6, *image.shape[2:])

    def _blocks(self, h, first, last):
        for number in range(first, last + 1):
            stride = self.BLOCKS[number - 1][1]
            x = h
            if number > 1:
                h = self.relu6(getattr(self, f'block{number}_expand')(h))
            h = self.relu6(getattr(self, f'block{number}_depthwise')(pad_behind(h) if stride == 2 else h))
            h = getattr(self, f'block{number}_project')(h)
            if number > 1 and self.BLOCKS[number - 2][0] == self.BLOCKS[number - 1][0] and stride == 1:
                h = x + h
        return h


class GoogLeNetFCN(UnpaddedFCN):
    """GoogLeNet (Szegedy et al. 2015, table 1) as Caffe's bvlc_googlenet, without its classifiers and its last pooling."""

    start = -2  # E above

    # Every pooling finds something from this height and width on; less is filled up with zeros.
    LEAST = 31

    # Channels of the 1x1, of the 3x3 and the 5x5 with what narrows them before, and behind the pooling.
    MODULES = {
        '3a': (64, 96, 128, 16, 32, 32), '3b': (128, 128, 192, 32, 96, 64), '4a': (192, 96, 208, 16, 48, 64),
        '4b': (160, 112, 224, 24, 64, 64), '4c': (128, 128, 256, 24, 64, 64), '4d': (112, 144, 288, 32, 64, 64),
        '4e': (256, 160, 320, 32, 128, 128), '5a': (256, 160, 320, 32, 128, 128), '5b': (384, 192, 384, 48, 128, 128),
    }

    def __init__(self, name, num_classes, width, dropout):
        super().__init__(name, num_classes, dropout)
        self.relu = nn.ReLU(inplace=True)
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
        a, b = scaled(64, width), scaled(192, width)
        self.conv1_7x7_s2 = nn.Conv2d(3, a, 7, stride=2, padding=3)
        self.conv2_3x3_reduce = nn.Conv2d(a, a, 1)
        self.conv2_3x3 = nn.Conv2d(a, b, 3, padding=1)
        inputs, after = b, {}
        for number, channels in self.MODULES.items():
            one, narrow3, three, narrow5, five, pooled = (scaled(each, width) for each in channels)
            layers = {'1x1': nn.Conv2d(inputs, one, 1), '3x3_reduce': nn.Conv2d(inputs, narrow3, 1),
                      '3x3': nn.Conv2d(narrow3, three, 3, padding=1), '5x5_reduce': nn.Conv2d(inputs, narrow5, 1),
                      '5x5': nn.Conv2d(narrow5, five, 5, padding=2), 'pool_proj': nn.Conv2d(inputs, pooled, 1)}
            for layer, module in layers.items():
                setattr(self, f'inception_{number}_{layer}', module)
            inputs = after[number] = one + three + five + pooled
        self.add_head(('pool5', inputs), ('inception_4e', after['4e']), ('inception_3b', after['3b']))

    def forward(self, image, masks=(None,)):
        """Logits [N, K, H, W] of images [N, 3, H, W]; the mask is that of inception_5b."""
        height, width = image.shape[2:]
        h = F.pad(image, (0, max(0, self.LEAST - width), 0, max(0, self.LEAST - height)))
        h = self.norm(pool(self.relu(self.conv1_7x7_s2(h))))
        h = self.relu(self.conv2_3x3(self.relu(self.conv2_3x3_reduce(h))))
        skip8 = self._modules_of(pool(self.norm(h)), '3')
        skip16 = self._modules_of(pool(skip8), '4')
        h = drop(self, self._modules_of(pool(skip16), '5'), masks[0])
        return self.scores(h, skip16, skip8, height, width)

    def _modules_of(self, h, stage):
        for number in self.MODULES:
            if number[0] == stage:
                h = self._module(h, f'inception_{number}')
        return h

    def _module(self, h, name):
        def layer(part, x):
            return self.relu(getattr(self, f'{name}_{part}')(x))

        pooled = F.max_pool2d(h, 3, stride=1, padding=1)
        return torch.cat([layer('1x1', h), layer('3x3', layer('3x3_reduce', h)), layer('5x5', layer('5x5_reduce', h)),
                          layer('pool_proj', pooled)], 1)


def pool(h):
    """3x3 with stride 2, sizes rounded up."""
    return F.max_pool2d(h, 3, stride=2, ceil_mode=True)


def pad_behind(h):
    """TensorFlow's SAME for 3x3 with stride 2 and even sizes, here for all sizes: 2 zeros on the right and below.

    The second is never read where a size is even.
    """
    return F.pad(h, (0, 2, 0, 2))


def extend(h):
    """One more pixel on each side, as its neighbor."""
    return F.pad(h, (1, 1, 1, 1), mode='replicate')


def drop(network, h, mask):
    if mask is None:
        return F.dropout(h, network.dropout, network.training)
    return h * mask / (1 - network.dropout)
