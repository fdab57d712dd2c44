import { type Checksum, type PublishedFile, sha1, sha256 } from '../../base/download/published-file.ts';

export interface PublishedWeights {
  readonly name: string;
  /** What is in it, in words. */
  readonly description: string;
  readonly file: PublishedFile;
}

/**
 * The reference models: voc-fcn.../caffemodel-url in github.com/shelhamer/fcn.berkeleyvision.org. Their authors publish
 * neither checksums nor sizes. Those that have a SHA-1 here have it from OpenCV, whose tests download them:
 * testdata/dnn/download_models.py in github.com/opencv/opencv_extra.
 */
function referenceModel(name: string, description: string, checksum?: Checksum): PublishedWeights {
  const file = `${name}.caffemodel`;
  const url = `http://dl.caffe.berkeleyvision.org/${file}`; // the host does not speak https
  return { name, description, file: { name: file, url, checksum } };
}

export const publishedWeights: readonly PublishedWeights[] = [
  {
    name: 'vgg16-torchvision',
    description: 'VGG-16, ImageNet classifier of torchvision',
    // torchvision/models/vgg.py; its name carries the first digits of the SHA-256, which torch.hub checks. All digits
    // and the size: records of downloads that passed that check.
    file: {
      name: 'vgg16-397923af.pth',
      url: 'https://download.pytorch.org/models/vgg16-397923af.pth',
      checksum: sha256('397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0'),
      bytes: 553_433_881,
    },
  },
  {
    name: 'vgg16-caffe',
    description: 'VGG-16, ImageNet classifier of its authors',
    // Address: gist.github.com/ksimonyan/211839e770f7b538e2d8 (no checksum there). SHA-1: OpenCV, as above, and
    // example/caffe in github.com/apache/mxnet.
    file: {
      name: 'VGG_ILSVRC_16_layers.caffemodel',
      url: 'http://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/VGG_ILSVRC_16_layers.caffemodel',
      checksum: sha1('9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24'),
      bytes: 553_432_081,
    },
  },
  {
    name: 'resnet50-torchvision',
    description: 'ResNet-50, ImageNet classifier of torchvision',
    // torchvision/models/resnet.py (IMAGENET1K_V1); the digits and the size as above.
    file: {
      name: 'resnet50-0676ba61.pth',
      url: 'https://download.pytorch.org/models/resnet50-0676ba61.pth',
      checksum: sha256('0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a'),
      bytes: 102_530_333,
    },
  },
  {
    name: 'googlenet-caffe',
    description: 'GoogLeNet, ImageNet classifier of Caffe',
    // models/bvlc_googlenet/readme.md in github.com/BVLC/caffe, SHA-1 included.
    file: {
      name: 'bvlc_googlenet.caffemodel',
      url: 'http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel',
      checksum: sha1('405fc5acd08a3bb12de8ee5e23a96bec22f08204'),
    },
  },
  referenceModel(
    'fcn32s-heavy-pascal',
    'FCN-32s, PASCAL VOC, reference',
    sha1('05eb922d7829c39448f57e5ab9d8cd75d6c0be6d'),
  ),
  referenceModel('fcn16s-heavy-pascal', 'FCN-16s, PASCAL VOC, reference'),
  referenceModel(
    'fcn8s-heavy-pascal',
    'FCN-8s, PASCAL VOC, reference',
    sha1('c449ea74dd7d83751d1357d6a8c323fcf4038962'),
  ),
  referenceModel('fcn8s-atonce-pascal', 'FCN-8s trained at once, PASCAL VOC, reference'),
  referenceModel('fcn-alexnet-pascal', 'FCN-AlexNet, PASCAL VOC, reference'),
];
