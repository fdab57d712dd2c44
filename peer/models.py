"""Every network by its name: the head on VGG-16, or HEAD-BACKBONE.

torchvision's FCNs, which give a dictionary of scores, can be built, but are not among the MODELS that train and race.
"""

import torch

from backbones import AlexNetFCN, GoogLeNetFCN, MobileNetV2FCN, SqueezeNetFCN
from deeplab import MobileNetV2DeepLab
from fcn import FCN, VGG19_MODELS
from fcn import MODELS as VGG16_MODELS

HEADS = ('fcn32s', 'fcn16s', 'fcn8s')
SMALL_MODELS = ('fcn32s-alexnet', *(f'{head}-{backbone}' for backbone in ('squeezenet', 'mobilenetv2', 'googlenet') for head in HEADS),
                'deeplabv3-mobilenetv2', *VGG19_MODELS)
RESNET_MODELS = tuple(f'{head}-{resnet}' for resnet in ('resnet50', 'resnet101') for head in HEADS)
MODELS = VGG16_MODELS + SMALL_MODELS + RESNET_MODELS


def build(name, num_classes=21, width=1.0, dropout=0.5, fusion='sum', head_width=None, background='scored'):
    """An untrained network; a module that takes images and, for each of its dropout layers, a mask.

    `background`: with `zero`, the first class always scores zero.
    """
    network = _network(name, num_classes, width, dropout, fusion, head_width)
    if background == 'zero':
        network.register_forward_hook(lambda _module, _inputs, scores: zero_first_class(scores))
    return network


def zero_first_class(scores):
    """Scores [N, K, H, W], those of the first class zero."""
    return torch.cat([torch.zeros_like(scores[:, :1]), scores[:, 1:]], 1)


def _network(name, num_classes, width, dropout, fusion, head_width):
    if name in VGG16_MODELS + VGG19_MODELS:
        return FCN(name, num_classes, width, dropout, fusion=fusion)
    if fusion != 'sum':
        if not name.endswith('-mobilenetv2'):
            raise ValueError(f'fusion: got {fusion} for {name}, expected a VGG or MobileNetV2')
        return MobileNetV2FCN(name, num_classes, width, dropout, fusion)
    if name == 'fcn32s-alexnet':
        return AlexNetFCN(num_classes, width, dropout)
    if name == 'deeplabv3-mobilenetv2':
        return MobileNetV2DeepLab(name, num_classes, width, dropout, head_width)
    if name in RESNET_MODELS:
        from resnets import ResNetFCN  # torchvision is needed for these only

        return ResNetFCN(name, num_classes, width, dropout)
    if name.startswith('fcn-'):
        from resnets import torchvision_fcn

        return torchvision_fcn(name, num_classes, width, dropout, auxiliary=False)
    if name not in SMALL_MODELS:
        raise ValueError(f'model: got {name}, expected one of {", ".join(MODELS)}')
    kinds = {'squeezenet': SqueezeNetFCN, 'mobilenetv2': MobileNetV2FCN, 'googlenet': GoogLeNetFCN}
    return kinds[name.split('-')[1]](name, num_classes, width, dropout)
