"""DeepLabv3 on MobileNetV2 in PyTorch. Parameter names and shapes are those of the weights file."""

import torch
import torch.nn.functional as F
from torch import nn

from backbones import MobileNetV2FCN
from fcn import crop, scaled


class MobileNetV2DeepLab(nn.Module):
    """DeepLabv3 on MobileNetV2 at stride 16 with image pooling and no spread 3x3 branches (research/deeplab, mobilenet_v2).

    Every pad is symmetric, so pixel i of a map of stride s lies on image pixel s * i; scores are interpolated there.
    """

    def __init__(self, name, num_classes, width, dropout, head_width=None):
        super().__init__()
        self.name = name
        self.conv1 = nn.Conv2d(3, scaled(32, width), 3, stride=2, padding=1)
        inputs = 32
        for number, (outputs, stride) in enumerate(MobileNetV2FCN.BLOCKS, start=1):
            hidden = scaled(inputs if number == 1 else 6 * inputs, width)
            if number > 1:
                setattr(self, f'block{number}_expand', nn.Conv2d(scaled(inputs, width), hidden, 1))
            rate = 2 if number > 14 else 1
            stride = 1 if number == 14 else stride
            setattr(self, f'block{number}_depthwise', nn.Conv2d(hidden, hidden, 3, stride, rate, rate, groups=hidden))
            setattr(self, f'block{number}_project', nn.Conv2d(hidden, scaled(outputs, width), 1))
            inputs = outputs
        features, channels = scaled(320, width), scaled(256, head_width or width)
        self.image_pooling = nn.Conv2d(features, channels, 1)
        self.aspp0 = nn.Conv2d(features, channels, 1)
        self.concat_projection = nn.Conv2d(2 * channels, channels, 1)
        self.score_fr = nn.Conv2d(channels, num_classes, 1)

    def forward(self, image, masks=()):
        """Logits [N, K, H, W] of images [N, 3, H, W]; it has no dropout, and so no masks."""
        h = F.relu6(self.conv1(image))
        for number, (outputs, stride) in enumerate(MobileNetV2FCN.BLOCKS, start=1):
            x = h
            if number > 1:
                h = F.relu6(getattr(self, f'block{number}_expand')(h))
            h = F.relu6(getattr(self, f'block{number}_depthwise')(h))
            h = getattr(self, f'block{number}_project')(h)
            if number > 1 and stride == 1 and outputs == MobileNetV2FCN.BLOCKS[number - 2][0]:
                h = x + h
        pooled = F.relu(self.image_pooling(h.mean((2, 3), keepdim=True)))
        local = F.relu(self.aspp0(h))
        both = torch.cat([pooled.expand_as(local), local], 1)
        scores = self.score_fr(F.relu(self.concat_projection(both)))
        height, width = image.shape[2:]
        # A map extended to where it covers all of the image, at pixels 0, 16, 32, ..., is enlarged corner to corner.
        extended = F.pad(scores, (0, 1, 0, 1), mode='replicate')
        whole = [16 * (size - 1) + 1 for size in extended.shape[2:]]
        return crop(F.interpolate(extended, whole, mode='bilinear', align_corners=True), 0, height, width)
