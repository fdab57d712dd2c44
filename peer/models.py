"""Every network by its name: the head on VGG-16, or HEAD-BACKBONE."""

from backbones import AlexNetFCN, MobileNetV2FCN, SqueezeNetFCN
from deeplab import MobileNetV2DeepLab
from fcn import FCN
from fcn import MODELS as VGG16_MODELS

HEADS = ('fcn32s', 'fcn16s', 'fcn8s')
SMALL_MODELS = ('fcn32s-alexnet', *(f'{head}-squeezenet' for head in HEADS), *(f'{head}-mobilenetv2' for head in HEADS),
                'deeplabv3-mobilenetv2')
MODELS = VGG16_MODELS + SMALL_MODELS


def build(name, num_classes=21, width=1.0, dropout=0.5):
    """An untrained network; a module that takes images and, for each of its dropout layers, a mask."""
    if name in VGG16_MODELS:
        return FCN(name, num_classes, width, dropout)
    if name == 'fcn32s-alexnet':
        return AlexNetFCN(num_classes, width, dropout)
    if name == 'deeplabv3-mobilenetv2':
        return MobileNetV2DeepLab(name, num_classes, width, dropout)
    if name not in SMALL_MODELS:
        raise ValueError(f'model: got {name}, expected one of {", ".join(MODELS)}')
    kind = SqueezeNetFCN if name.endswith('-squeezenet') else MobileNetV2FCN
    return kind(name, num_classes, width, dropout)
