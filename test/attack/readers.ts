import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { extractTar } from '../../src/base/download/extract.ts';
import { readClassList } from '../../src/data/datasets/class-list.ts';
import { openDataset, splitsOf } from '../../src/data/datasets/open.ts';
import { countedFromOne, matrixLabel } from '../../src/data/datasets/papers/matrix-label.ts';
import { decodeSbdLabel } from '../../src/data/datasets/sbd.ts';
import { decodeImage } from '../../src/data/images/decode.ts';
import { decodeLabelPng } from '../../src/data/images/label-png.ts';
import { readChannels } from '../../src/data/images/read-channels.ts';
import { readStoredMask } from '../../src/data/images/stored-mask.ts';
import { inputPresets } from '../../src/data/input-config.ts';
import { readExportedConfig } from '../../src/weights/exported-config.ts';
import { readWeights } from '../../src/weights/read-weights.ts';
import { tarGzOf, tarOf } from '../base/download/tar-bytes.ts';
import { encodeCaffe } from '../weights/caffe-writer.ts';

/** A reader of files that others have made, and whole files for it. */
export interface Reader {
  readonly name: string;
  /** How often it gets an input: fast ones more often. */
  readonly weight: number;
  /** Files of its format, each of which it reads. */
  readonly seeds: () => Promise<readonly Uint8Array[]>;
  /** Reads a file of these bytes. @param folder for files, which is emptied by nobody */
  readonly read: (bytes: Uint8Array, folder: string) => Promise<unknown>;
}

const fixtures = path.join(import.meta.dirname, '..', 'fixtures');
const fixture = (...names: string[]) => readFile(path.join(fixtures, ...names));

/** A file of a name in the folder, for readers that take a path. */
async function asFile<T>(
  bytes: Uint8Array,
  folder: string,
  name: string,
  read: (file: string) => Promise<T>,
) {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  return read(file);
}

function weights(name: string, weight: number, seeds: Reader['seeds'], extension: string): Reader {
  return {
    name,
    weight,
    seeds,
    read: (bytes, folder) => asFile(bytes, folder, `weights.${extension}`, (file) => readWeights(file)),
  };
}

function image(name: string, weight: number, seeds: Reader['seeds']): Reader {
  return { name, weight, seeds, read: (bytes) => decodeImage(bytes, 'image') };
}

/** A data set in which one file is damaged: it is opened, and its images loaded, in every split. */
function dataset(
  name: string,
  scheme: string,
  damaged: string,
  others: () => Promise<Files>,
  suffix = '',
): Reader {
  let made: Promise<Files> | undefined;
  return {
    name,
    weight: 1,
    seeds: async () => [Buffer.from((await (made ??= others()))[damaged]!)],
    async read(bytes, folder) {
      const root = path.join(folder, scheme);
      for (const [file, content] of Object.entries(await (made ??= others()))) {
        await asFile(file === damaged ? bytes : Buffer.from(content), root, file, async () => undefined);
      }
      const spec = `${scheme}:${root}${suffix}`;
      for (const split of await splitsOf(spec)) {
        const { ids, load } = await openDataset(spec, split);
        for (const index of ids.keys()) await load(index);
      }
    },
  };
}

type Files = Record<string, Uint8Array | string>;

const pixels = (width: number, height: number, channels: 1 | 3 | 4) => ({
  ...{ width, height, channels, depth: 8 as const },
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 3),
});
const photo = () => sharp(pixels(6, 4, 3).data, { raw: { width: 6, height: 4, channels: 3 } });
const jpeg = async () => ({ 'a.jpg': await photo().jpeg().toBuffer() });
const square = [[0, 0], [3, 0], [3, 4], [0, 4]]; // biome-ignore format: points

function onnx(): Uint8Array {
  const config = { model: 'fcn8s', numClasses: 2, width: 1, deconvolution: 'learned', classes: ['a', 'b'] };
  const text = JSON.stringify({ ...config, input: inputPresets.caffe });
  const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string('fcn');
  const whole = entry.tag(2, WireType.LengthDelimited).string(text).finish();
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(8)
    .tag(7, WireType.LengthDelimited)
    .bytes(new Uint8Array(64))
    .tag(14, WireType.LengthDelimited)
    .bytes(whole)
    .finish();
}

function safetensors(): Uint8Array {
  const header = {
    __metadata__: { format: 'pt' },
    'conv1_1.weight': { dtype: 'F32', shape: [2, 3, 1, 1], data_offsets: [0, 24] },
    'conv1_1.bias': { dtype: 'F16', shape: [2], data_offsets: [24, 28] },
    steps: { dtype: 'I64', shape: [], data_offsets: [28, 36] },
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(36, 1)]);
}

const torchFiles = ['checkpoint', 'views', 'types', 'nested', 'module'];

/** Every reader of the program. */
export const readers: readonly Reader[] = [
  weights('safetensors', 20, async () => [safetensors()], 'safetensors'),
  weights(
    'PyTorch, zip',
    12,
    () => Promise.all(torchFiles.map((name) => fixture('torch', `${name}.pth`))),
    'pth',
  ),
  weights(
    'PyTorch, legacy',
    12,
    () => Promise.all(['checkpoint', 'views', 'half'].map((name) => fixture('torch', `${name}-legacy.pth`))),
    'pth',
  ),
  weights(
    'PyTorch, tar',
    4,
    async () => [tarOf({ name: 'sys_info', data: 'x' }, { name: 'pickle', data: '\x80\x02.' })],
    'pth',
  ),
  weights('TensorFlow Lite', 12, async () => [await fixture('pretrained', 'thin.tflite')], 'tflite'),
  weights('Deep Compression', 4, async () => [await fixture('pretrained', 'sparse.net')], 'net'),
  weights(
    'Caffe',
    12,
    async () =>
      (['v1', 'v2'] as const).map((version) => {
        const blobs = [
          { shape: [2, 3, 1, 1], data: [1, 2, 3, 4, 5, 6] },
          { shape: [2], data: [1, 2] },
        ];
        const deconvolution = { shape: [2, 1, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] };
        return encodeCaffe(
          [
            { name: 'conv1_1', type: 'Convolution', blobs },
            { name: 'up', type: 'Deconvolution', group: 2, blobs: [deconvolution] },
          ],
          version,
        );
      }),
    'caffemodel',
  ),
  {
    name: 'ONNX',
    weight: 20,
    seeds: async () => [onnx()],
    read: async (bytes) => readExportedConfig(bytes, 'x'),
  },
  {
    name: 'label PNG',
    weight: 20,
    seeds: async () => [
      encode(pixels(9, 5, 1)),
      await fixture('masks', 'palette.png'),
      await fixture('masks', 'binary.png'),
      await fixture('odd-images', 'mode-1.png'),
    ],
    read: async (bytes) => decodeLabelPng(bytes, 'label'),
  },
  {
    name: 'masks of other formats',
    weight: 6,
    seeds: () =>
      Promise.all(
        ['bits.bmp', 'palette.bmp', 'rgb.bmp', 'palette.tif', 'palette.gif', 'binary.webp', 'opaque.png'].map(
          (name) => fixture('masks', name),
        ),
      ),
    read: (bytes) => readStoredMask(bytes, 'mask'),
  },
  image('JPEG', 4, async () => [
    await photo().jpeg().toBuffer(),
    await fixture('odd-images', 'cmyk.jpg'),
    await fixture('odd-images', 'orientation-6.jpg'),
  ]),
  image('PNG', 4, async () => [
    await photo().png().toBuffer(),
    await fixture('odd-images', 'gray-alpha.png'),
  ]),
  image('WebP', 2, async () => [await photo().webp().toBuffer()]),
  image('GIF', 2, async () => [
    await photo().gif().toBuffer(),
    await fixture('odd-images', 'two-frames.gif'),
  ]),
  image('TIFF', 4, async () => [
    await photo().tiff().toBuffer(),
    await fixture('odd-images', 'deflate.tif'),
    await fixture('odd-images', 'group4.tif'),
  ]),
  image('AVIF', 1, async () => [await photo().avif({ effort: 0 }).toBuffer()]),
  image('BMP', 8, async () => [await fixture('masks', 'rgb.bmp'), await fixture('masks', 'top-down.bmp')]),
  {
    name: 'channels',
    weight: 6,
    seeds: async () => [
      await fixture('masks', 'sixteen.png'),
      await fixture('odd-images', 'gray-alpha.png'),
      await sharp(
        Uint16Array.from({ length: 9 * 5 * 4 }, (_, i) => i * 300),
        {
          raw: { width: 9, height: 5, channels: 4 },
        },
      )
        .toColourspace('rgb16')
        .tiff({ compression: 'deflate' })
        .toBuffer(),
    ],
    read: (bytes, folder) => asFile(bytes, folder, 'image.tif', (file) => readChannels(file)),
  },
  {
    name: 'MATLAB, a matrix',
    weight: 12,
    seeds: () =>
      Promise.all(['5001', '5002'].map((id) => fixture('papers', 'nyud', 'segmentation', `img_${id}.mat`))),
    read: async (bytes) => matrixLabel(bytes, 'labels', 'segmentation', countedFromOne(40, 0)),
  },
  {
    name: 'MATLAB',
    weight: 12,
    seeds: () => Promise.all(['2008_000002', '2008_000003'].map((id) => fixture('sbd', 'cls', `${id}.mat`))),
    read: async (bytes) => decodeSbdLabel(bytes, 'labels'),
  },
  ...(['tar', 'tar.gz'] as const).map(
    (extension): Reader => ({
      name: extension,
      weight: 2,
      seeds: async () => {
        const entries = [
          { name: 'a/', type: '5' },
          { name: 'a/b.txt', data: 'content' },
        ];
        return [extension === 'tar' ? tarOf(...entries) : tarGzOf(...entries)];
      },
      read: (bytes, folder) =>
        asFile(bytes, folder, `archive.${extension}`, async (file) => {
          const place = path.join(folder, 'unpacked');
          await rm(place, { recursive: true, force: true });
          await mkdir(place, { recursive: true });
          await extractTar(file, place, { progress: () => undefined } as never, {
            bytes: 2 ** 20,
            entries: 100,
          });
        }),
    }),
  ),
  {
    name: 'class list',
    weight: 6,
    seeds: async () => [
      Buffer.from('background\ncat 1\ndog 2\nvoid 255\n'),
      Buffer.from('a 0 0 0\nb 255 0 10\n'),
    ],
    read: (bytes, folder) => asFile(bytes, folder, 'classes.txt', readClassList),
  },
  dataset('list of ids', 'folder', 'splits/train.txt', async () => ({
    'images/a.jpg': (await jpeg())['a.jpg'],
    'masks/a.png': encode(pixels(6, 4, 1)),
    'classes.txt': 'background\ncat\ndog\n',
    'splits/train.txt': 'a\n',
    'splits/val.txt': 'a\n',
  })),
  dataset('labelme', 'labelme', 'a.json', async () => ({
    ...(await jpeg()),
    'a.json': JSON.stringify({
      shapes: [
        { label: 'cat', points: square, shape_type: 'polygon' },
        { label: 'dog', points: [[1, 1], [3, 2]], shape_type: 'circle' }, // biome-ignore format: points
        { label: 'cat', points: [[0, 0], [5, 3]], shape_type: 'line' }, // biome-ignore format: points
      ],
      ...{ imagePath: 'a.jpg', imageHeight: 4, imageWidth: 6 },
    }),
  })),
  dataset(
    'COCO',
    'coco',
    'anno.json',
    async () => ({
      ...(await jpeg()),
      'anno.json': JSON.stringify({
        images: [{ id: 7, file_name: 'a.jpg', width: 6, height: 4 }],
        annotations: [
          { image_id: 7, category_id: 3, segmentation: [square.flat()] },
          { image_id: 7, category_id: 3, segmentation: { counts: [4, 2, 18], size: [4, 6] }, iscrowd: 1 },
        ],
        categories: [{ id: 3, name: 'dog' }],
      }),
    }),
    '/anno.json',
  ),
  dataset(
    'Label Studio',
    'labelstudio',
    'tasks.json',
    async () => ({
      'images/a.jpg': (await jpeg())['a.jpg'],
      'tasks.json': JSON.stringify([
        {
          id: 5,
          data: { image: '/data/a.jpg' },
          annotations: [
            {
              result: [
                {
                  type: 'polygonlabels',
                  ...{ original_width: 6, original_height: 4 },
                  value: { points: [[0, 0], [50, 0], [50, 100]], polygonlabels: ['cat'] }, // biome-ignore format: points
                },
              ],
            },
          ],
        },
      ]),
    }),
    '/tasks.json',
  ),
  dataset('YOLO labels', 'yolo', 'train/labels/a.txt', async () => yolo(await jpeg())),
  dataset('YOLO configuration', 'yolo', 'data.yaml', async () => yolo(await jpeg())),
  dataset('Supervisely', 'supervisely', 'train/ann/a.jpg.json', async () => ({
    'meta.json': JSON.stringify({ classes: [{ title: 'cat' }] }),
    'train/img/a.jpg': (await jpeg())['a.jpg'],
    'train/ann/a.jpg.json': JSON.stringify({
      size: { width: 6, height: 4 },
      objects: [{ classTitle: 'cat', geometryType: 'polygon', points: { exterior: square, interior: [] } }],
    }),
  })),
  dataset('CVAT', 'cvat', 'labelmap.txt', async () => ({
    'labelmap.txt': 'background:0,0,0::\ncat:0,1,2::\ndog:1,0,2::\n',
    'JPEGImages/a.jpg': (await jpeg())['a.jpg'],
    'SegmentationClass/a.png': encode(pixels(6, 4, 3)),
    'ImageSets/Segmentation/Train.txt': 'a\n',
  })),
];

function yolo(images: Files): Files {
  return {
    'data.yaml': 'train: train/images\nnc: 2\nnames: [cat, dog]\nx: &a [1, 2]\ny: *a\n',
    'train/images/a.jpg': images['a.jpg']!,
    'train/labels/a.txt': '0 0 0 0.5 0 0.5 1\n1 0.5 0.5 1 0.5 1 1\n',
  };
}
