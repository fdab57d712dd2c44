"""Late fusion: several FCNs on channels of their own, whose scores are averaged before the last deconvolution.

nyud-fcn32s-color-hha/net.py of the reference implementation: score_fused is an Eltwise sum with coefficients of 0.5.
"""

import torch
from torch import nn

from fcn import FCN, FINAL


class LateFusion(nn.Module):
    """`streams`: {name: channels}, in the order of the image's channels. Parameters are `NAME.conv1_1.weight` and so on."""

    def __init__(self, model, streams, num_classes=21, width=1.0, dropout=0.5):
        super().__init__()
        self.streams = streams
        last, _ = FINAL[model]
        for name, channels in streams.items():
            stream = FCN(model, num_classes, width, dropout, channels)
            setattr(self, last, getattr(stream, last))  # one for all
            delattr(stream, last)
            setattr(self, name, stream)
        self.last = last

    def forward(self, image, masks=None):
        """Logits [N, K, H, W] of images [N, C, H, W]; `masks`: those of fc6 and fc7 of each stream, one behind the other."""
        parts = torch.split(image, list(self.streams.values()), dim=1)
        scores = 0
        for index, (name, part) in enumerate(zip(self.streams, parts)):
            own = (None, None) if masks is None else masks[2 * index:2 * index + 2]
            scores = scores + getattr(self, name).coarse(part, own) / len(parts)
        stream = getattr(self, name)
        setattr(stream, self.last, getattr(self, self.last))
        logits = stream.enlarge(scores, *image.shape[2:])
        delattr(stream, self.last)
        return logits
