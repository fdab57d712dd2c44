import { type PublishedFile, sha256 } from '../../base/download/published-file.ts';

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
