export interface Checksum {
  readonly algorithm: 'sha256' | 'sha1';
  /** Lower case. */
  readonly hex: string;
}

/** A file as someone publishes it. */
export interface PublishedFile {
  /** Name it is stored under. */
  readonly name: string;
  readonly url: string;
  /** Absent where nobody has published one. */
  readonly checksum?: Checksum;
  /** Exact size in bytes, where known. */
  readonly bytes?: number;
}

export interface PublishedWeights {
  readonly name: string;
  /** What is in it, in words. */
  readonly description: string;
  readonly file: PublishedFile;
}

export interface PublishedDataset {
  readonly name: string;
  readonly description: string;
  readonly archive: PublishedFile;
  /** Folder of the archive that is kept, and where below the root it goes. */
  readonly from: string;
  readonly to: string;
  /** Files that are published apart, and where below `to` they go. */
  readonly extras: readonly { readonly file: PublishedFile; readonly to: string }[];
}

const sha1 = (hex: string): Checksum => ({ algorithm: 'sha1', hex });
const sha256 = (hex: string): Checksum => ({ algorithm: 'sha256', hex });

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

/**
 * Addresses: torchvision/datasets/voc.py and sbd.py; SHA-256: torchvision/prototype/datasets/_builtin/voc.py and sbd.py,
 * all in github.com/pytorch/vision. (The older MD5s there: VOC 2012 6cd6e144f989b92b3379bac3b3de84fd, VOC 2011
 * 6c3384ef61512963050cb5d687e5bf1e, SBD 82b4d87ceb2ed10f6038a1cba92111cb.) Sizes: logs of downloads.
 */
export const publishedDatasets: readonly PublishedDataset[] = [
  {
    name: 'voc2012',
    description: 'PASCAL VOC 2012, training and validation',
    archive: {
      name: 'VOCtrainval_11-May-2012.tar',
      url: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar',
      checksum: sha256('e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb'),
      bytes: 1_999_639_040,
    },
    from: 'VOCdevkit/VOC2012',
    to: 'VOCdevkit/VOC2012',
    extras: [],
  },
  {
    name: 'voc2011',
    description: 'PASCAL VOC 2011, training and validation',
    archive: {
      name: 'VOCtrainval_25-May-2011.tar',
      url: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2011/VOCtrainval_25-May-2011.tar',
      checksum: sha256('0a7f5f5d154f7290ec65ec3f78b72ef72c6d93ff6d79acd40dc222a9ee5248ba'),
    },
    from: 'TrainVal/VOCdevkit/VOC2011',
    to: 'VOCdevkit/VOC2011', // where VOC 2012's archive has it
    extras: [],
  },
  {
    name: 'sbd',
    description: 'Semantic Boundaries Dataset (Hariharan et al., ICCV 2011)',
    archive: {
      name: 'benchmark.tgz',
      url: 'https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz',
      checksum: sha256('6a5a2918d5c73ce032fdeba876574d150d9d04113ab87540a1304cbcc715be53'),
      bytes: 1_419_539_633,
    },
    from: 'benchmark_RELEASE',
    to: 'benchmark_RELEASE',
    extras: [
      {
        // The training images that are not in VOC 2012's validation set.
        file: {
          name: 'train_noval.txt',
          url: 'https://www.cs.cornell.edu/~bharathh/train_noval.txt',
          checksum: sha256('0b2068f7a359d2907431803e1cd63bf6162da37d7d503b589d3b08c6fd0c2432'),
        },
        to: 'dataset/train_noval.txt',
      },
    ],
  },
];
