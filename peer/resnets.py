"""FCN on ResNet-50 and 101 in PyTorch, of any width: torchvision's own modules, and the heads of the papers on its ResNet.

Parameters of torchvision's FCN have its names (`backbone.conv1.weight`, `classifier.4.bias`); `our_name` gives ours.
"""

from torch import nn
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.models.segmentation.fcn import FCN as TorchvisionFCN
from torchvision.models.segmentation.fcn import FCNHead

from backbones import UnpaddedFCN, extend
from fcn import crop, scaled

DEPTHS = {'resnet50': (3, 4, 6, 3), 'resnet101': (3, 4, 23, 3)}

HEADS = {'classifier.0': 'head_conv', 'classifier.1': 'head_bn', 'classifier.4': 'score_fr',
         'aux_classifier.0': 'aux_conv', 'aux_classifier.1': 'aux_bn', 'aux_classifier.4': 'score_aux'}


def our_name(name):
    layer, part = name.rsplit('.', 1)
    return f'{HEADS.get(layer, layer.removeprefix("backbone."))}.{part}'


class NarrowResNet(ResNet):
    """torchvision's ResNet, whose constructor knows one width alone."""

    def __init__(self, depths, width, dilated):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.groups, self.base_width, self.dilation = 1, 64, 1
        self.inplanes = scaled(64, width)
        self.conv1 = nn.Conv2d(3, self.inplanes, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for number, depth in enumerate(depths, start=1):
            stage = self._make_layer(Bottleneck, scaled(64 * 2 ** (number - 1), width), depth, stride=1 if number == 1 else 2,
                                     dilate=dilated and number > 2)
            setattr(self, f'layer{number}', stage)


def torchvision_fcn(name, num_classes, width, dropout, auxiliary=True):
    """fcn_resnet50 or 101 as torchvision builds it; `auxiliary`: with its second head, as `aux_loss=True`."""
    backbone = NarrowResNet(DEPTHS[name.split('-')[1]], width, dilated=True)
    layers = IntermediateLayerGetter(backbone, {'layer4': 'out', **({'layer3': 'aux'} if auxiliary else {})})
    channels = scaled(512, width) * 4
    network = TorchvisionFCN(layers, FCNHead(channels, num_classes),
                             FCNHead(channels // 2, num_classes) if auxiliary else None)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = dropout
    return network


class ResNetFCN(NarrowResNet):
    """The heads of the papers. Pixel 0 of a map of any stride lies on pixel 0 of the image.

    So an extended map of stride s begins s pixels before it, and a deconvolution by f with the odd kernel 2f - 1 begins
    f - 1 pixels of the finer map before that: hence the crops of 2f - 1.
    """

    def __init__(self, name, num_classes, width, dropout):
        super().__init__(DEPTHS[name.split('-')[1]], width, dilated=False)
        self.name = name
        self.dropout = dropout  # there is none
        self.head = name.split('-')[0]
        self.num_classes = num_classes
        channels = scaled(64, width) * 4
        UnpaddedFCN.add_head(self, ('layer4', 8 * channels), ('layer3', 4 * channels), ('layer2', 2 * channels))

    def forward(self, image, masks=()):
        layer2 = self.layer2(self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(image))))))
        layer3 = self.layer3(layer2)
        return self.scores(self.layer4(layer3), layer3, layer2, *image.shape[2:])

    def scores(self, features, skip16, skip8, height, width):
        def upsampled(h, layer, factor, size):
            return crop(getattr(self, layer)(extend(h)), 2 * factor - 1, *size)

        h = self.score_fr(features)
        if self.head == 'fcn32s':
            return upsampled(h, 'upscore', 32, (height, width))
        fine = self.score_layer3(skip16)
        h = fine + upsampled(h, 'upscore2', 2, fine.shape[2:])
        if self.head == 'fcn16s':
            return upsampled(h, 'upscore16', 16, (height, width))
        fine = self.score_layer2(skip8)
        h = fine + upsampled(h, 'upscore_layer3', 2, fine.shape[2:])
        return upsampled(h, 'upscore8', 8, (height, width))
