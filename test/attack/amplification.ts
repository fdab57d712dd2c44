import { deflateSync, gzipSync } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Builder } from 'flatbuffers';
import sharp from 'sharp';
import { crc32 } from '../../src/base/crc32.ts';
import { paxRecord, tarOf } from '../base/download/tar-bytes.ts';

/** A small file that asks for much more than it is. */
export interface Amplifier {
  /** As readers.ts calls the reader. */
  readonly reader: string;
  readonly what: string;
  /** @param megabytes of what it asks for, or, where it is a text, of the file */
  readonly make: (megabytes: number) => Promise<Uint8Array> | Uint8Array;
  /** Bytes of what a reader rightly makes of it; 0 where it has to refuse it. */
  readonly result?: number;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, 'latin1');
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
  return Buffer.concat([head, data, tail]);
}

interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly colorType?: number;
  readonly before?: readonly Buffer[];
}

function png({ width, height, data, colorType = 0, before = [] }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, colorType], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A zlib stream that unpacks to so many megabytes of zeros. */
function bomb(megabytes: number): Buffer {
  return deflateSync(Buffer.alloc(megabytes * 2 ** 20), { level: 9 });
}

const pixels = deflateSync(Buffer.alloc(101 * 100));
const profile = (megabytes: number) =>
  chunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), bomb(megabytes)]));

/** A text of about so many megabytes: a beginning, something again and again, and an end. */
export function text(begin: string, again: string, end: string, megabytes: number): Buffer {
  const count = Math.ceil((megabytes * 2 ** 20) / again.length);
  return Buffer.from(`${begin}${again.repeat(count)}${end}`);
}

export function safetensors(header: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

/** Operators that are all the same table, whose list of inputs is long. */
function tflite(operators: number, inputs: number): Uint8Array {
  const builder = new Builder();
  const offsets = (list: readonly number[]) => {
    builder.startVector(4, list.length, 4);
    for (const offset of list) builder.addOffset(offset);
    return builder.endVector();
  };
  const table = (fields: number, add: () => void) => {
    builder.startObject(fields);
    add();
    return builder.endObject();
  };
  builder.startVector(4, inputs, 4);
  for (let i = 0; i < inputs; i++) builder.addInt32(0);
  const list = builder.endVector();
  const operator = table(9, () => builder.addFieldOffset(1, list, 0));
  const all = offsets(Array(operators).fill(operator));
  const graph = table(5, () => builder.addFieldOffset(3, all, 0));
  const graphs = offsets([graph]);
  const code = table(4, () => builder.addFieldInt8(0, 3, 0));
  const codes = offsets([code]);
  const model = table(8, () => {
    builder.addFieldOffset(1, codes, 0);
    builder.addFieldOffset(2, graphs, 0);
  });
  builder.finish(model, 'TFL3');
  return builder.asUint8Array();
}

const coco = (annotation: string, image = '"width":6,"height":4') =>
  `{"images":[{"id":7,"file_name":"a.jpg",${image}}],"categories":[{"id":3,"name":"dog"}],"annotations":[{"image_id":7,"category_id":3,"segmentation":${annotation}}]}`;
const labelme = (shapes: string, size = 4) =>
  `{"imagePath":"a.jpg","imageHeight":${size},"imageWidth":${size},"shapes":[${shapes}]}`;

/** A MATLAB 5 file: its header, and a compressed element. */
function matlab(compressed: Uint8Array): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15);
  tag.writeUInt32LE(compressed.length, 4);
  return Buffer.concat([header, tag, compressed]);
}

/** An element of a MATLAB 5 file: its tag, and its data up to a multiple of 8. */
function matlabElement(type: number, data: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc(-data.length & 7)]);
}
/** Of a struct. */
const matlabFlags = matlabElement(6, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]));
const matlabName = matlabElement(1, Buffer.from('GTcls'));

/** A struct of so many fields, with names of a letter. */
function matlabStruct(fields: number): Buffer {
  const [one, length] = [Buffer.alloc(8), Buffer.alloc(4)];
  one.set([1, 0, 0, 0, 1]);
  length.writeInt32LE(1);
  const names = matlabElement(1, Buffer.alloc(fields, 'a'));
  const parts = [matlabFlags, matlabElement(5, one), matlabName, matlabElement(5, length), names];
  return matlabElement(14, Buffer.concat(parts));
}

/** A TIFF (revision 6.0) whose only strip holds nothing. */
function tiff({ width, height, channels }: { width: number; height: number; channels: number }): Buffer {
  const bits = Buffer.alloc(2 * channels, Buffer.from([8, 0]));
  const extra = Buffer.alloc(2 * channels);
  const strip = deflateSync(Buffer.alloc(1000));
  const [stripAt, bitsAt] = [8, 8 + strip.length + (strip.length & 1)];
  const extraAt = bitsAt + bits.length;
  const tags = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, channels, channels > 2 ? bitsAt : 8],
    [259, 3, 1, 8],
    [262, 3, 1, 1],
    [273, 4, 1, stripAt],
    [277, 3, 1, channels],
    [278, 4, 1, height],
    [279, 4, 1, strip.length],
    ...(channels > 1 ? [[338, 3, channels - 1, extraAt]] : []),
  ];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    directory.writeUInt16LE(tag!, 2 + 12 * i);
    directory.writeUInt16LE(type!, 4 + 12 * i);
    directory.writeUInt32LE(count!, 6 + 12 * i);
    directory.writeUInt32LE(value!, 10 + 12 * i);
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(extraAt + extra.length, 4);
  return Buffer.concat([head, strip, Buffer.alloc(strip.length & 1), bits, extra, directory]);
}

/** A layer whose only blob has these dimensions (caffe.proto: NetParameter.layer, LayerParameter.blobs, BlobProto.shape). */
function caffeBlob(dimensions: Uint8Array): Uint8Array {
  const field = (number: number, bytes: Uint8Array) =>
    new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
  const name = new BinaryWriter().tag(1, WireType.LengthDelimited).string('conv1_1').finish();
  const type = new BinaryWriter().tag(2, WireType.LengthDelimited).string('Convolution').finish();
  const blob = Buffer.concat([field(7, field(1, dimensions)), field(5, new Uint8Array(24))]);
  return field(100, Buffer.concat([name, type, field(7, blob)]));
}

const supervisely = (bitmap: string) =>
  `{"size":{"width":6,"height":4},"objects":[{"classTitle":"cat","geometryType":"bitmap","bitmap":{"data":"${bitmap}","origin":[0,0]}}]}`;

export const amplifiers: readonly Amplifier[] = [
  {
    reader: 'label PNG',
    what: 'pixels that unpack to more than its size',
    make: (megabytes) => png({ width: 100, height: 100, data: bomb(megabytes) }),
  },
  {
    reader: 'label PNG',
    what: 'a second stream behind the pixels',
    make: (megabytes) => png({ width: 100, height: 100, data: Buffer.concat([pixels, bomb(megabytes)]) }),
    result: 10_000,
  },
  {
    reader: 'label PNG',
    what: 'a size that its pixels do not fill',
    make: () => png({ width: 60_000, height: 60_000, data: pixels }),
  },
  {
    reader: 'label PNG',
    what: 'a color profile that unpacks',
    make: (megabytes) => png({ width: 100, height: 100, data: pixels, before: [profile(megabytes)] }),
    result: 10_000,
  },
  {
    reader: 'label PNG',
    what: 'many empty chunks',
    make: (megabytes) =>
      png({
        width: 100,
        height: 100,
        data: pixels,
        before: Array(megabytes * 4000).fill(chunk('teXt', Buffer.alloc(0))),
      }),
    result: 10_000,
  },
  {
    reader: 'masks of other formats',
    what: 'RGB pixels that unpack to more than their size',
    make: (megabytes) => png({ width: 100, height: 100, data: bomb(megabytes), colorType: 2 }),
  },
  {
    reader: 'PNG',
    what: 'pixels that unpack to more than its size',
    make: (megabytes) => png({ width: 100, height: 100, data: bomb(megabytes) }),
    result: 30_000,
  },
  {
    reader: 'PNG',
    what: 'a color profile that unpacks',
    make: (megabytes) => png({ width: 100, height: 100, data: pixels, before: [profile(megabytes)] }),
    result: 30_000,
  },
  {
    reader: 'PNG',
    what: 'rows far wider than its pixels',
    make: () => png({ width: 67_633_664, height: 4, data: pixels, colorType: 2 }),
  },
  {
    reader: 'PNG',
    what: 'a size that its pixels do not fill',
    make: () => png({ width: 20_000, height: 20_000, data: pixels }),
    result: 3 * 20_000 ** 2,
  },
  {
    reader: 'GIF',
    what: 'frames far larger than its pixels',
    make: () =>
      Buffer.from(
        'R0lGODdhDQAAAAAAACwAAADIAAoAAAAAACwAAAAADQAFAAAIGQADABgokOBAAAUPKl6I8GDChAwZPnToMWUxMiAAOw==',
        'base64',
      ),
  },
  {
    reader: 'GIF',
    what: 'frames without end',
    make: async () => {
      const frame = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
        .gif()
        .toBuffer();
      const body = frame.subarray(13 + 768, frame.length - 1);
      return Buffer.concat([frame.subarray(0, 13 + 768), ...Array(2000).fill(body), frame.subarray(-1)]);
    },
    result: 3 * 64 * 64 * 2000,
  },
  {
    reader: 'AVIF',
    what: 'a width that no frame has',
    make: async () => {
      const avif = await sharp({ create: { width: 64, height: 4, channels: 3, background: 'red' } })
        .avif({ effort: 0 })
        .toBuffer();
      avif.writeUInt32BE(8_388_614, avif.indexOf('ispe') + 8);
      return avif;
    },
  },
  {
    reader: 'JPEG',
    what: 'an SVG of any size in its place',
    make: () =>
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"><rect/></svg>'),
  },
  {
    reader: 'TensorFlow Lite',
    what: 'operators that share a long list',
    make: () => tflite(50_000, 50_000),
  },
  {
    reader: 'safetensors',
    what: 'a shape of no numbers',
    make: (megabytes) =>
      safetensors(text('{"a":{"dtype":"F32","data_offsets":[0,0],"shape":[""', ',""', ']}}', megabytes)),
  },
  {
    reader: 'safetensors',
    what: 'metadata that are no texts',
    make: (megabytes) => {
      const count = megabytes * 80_000;
      const members = Array.from({ length: count }, (_, i) => `"k${i}":0`);
      return safetensors(Buffer.from(`{"__metadata__":{${members.join(',')}}}`));
    },
  },
  {
    reader: 'safetensors',
    what: 'tensors that are none',
    make: (megabytes) => {
      const members = Array.from({ length: megabytes * 80_000 }, (_, i) => `"k${i}":0`);
      return safetensors(Buffer.from(`{${members.join(',')}}`));
    },
  },
  {
    reader: 'safetensors',
    what: 'empty lists',
    make: (megabytes) => safetensors(text('{"a":[[]', ',[]', ']}', megabytes)),
  },
  {
    reader: 'safetensors',
    what: 'lists in lists',
    make: (megabytes) =>
      safetensors(Buffer.concat([text('{"a":', '[', '', megabytes), text('', ']', '}', megabytes)])),
  },
  {
    reader: 'PyTorch, legacy',
    what: 'empty lists',
    make: (megabytes) => text('\x80\x02', ']', '.', megabytes),
  },
  {
    reader: 'Caffe',
    what: 'empty layers',
    make: (megabytes) => Buffer.alloc(megabytes * 2 ** 20, Buffer.from([0xa2, 0x06, 0x00])),
  },
  {
    reader: 'ONNX',
    what: 'empty metadata',
    make: (megabytes) => Buffer.alloc(megabytes * 2 ** 20, Buffer.from([0x72, 0x00])),
  },
  {
    reader: 'ONNX',
    what: 'classes that are no names',
    make: (megabytes) => {
      const config = text(
        '{"model":"fcn8s","numClasses":2,"width":1,"deconvolution":"learned","classes":[0',
        ',0',
        ']}',
        megabytes,
      );
      const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string('fcn');
      const whole = entry.tag(2, WireType.LengthDelimited).bytes(config).finish();
      return new BinaryWriter().tag(14, WireType.LengthDelimited).bytes(whole).finish();
    },
  },
  {
    reader: 'MATLAB',
    what: 'data that unpack without end',
    make: (megabytes) => matlab(bomb(megabytes)),
  },
  {
    reader: 'MATLAB',
    what: 'a struct of names without end',
    make: (megabytes) => matlab(deflateSync(matlabStruct(Math.min(30, megabytes) * 2 ** 20), { level: 9 })),
  },
  {
    reader: 'MATLAB',
    what: 'dimensions without end',
    make: (megabytes) => {
      const dimensions = matlabElement(5, Buffer.alloc(Math.min(30, megabytes) * 2 ** 20, 1));
      return matlab(
        deflateSync(matlabElement(14, Buffer.concat([matlabFlags, dimensions, matlabName])), { level: 9 }),
      );
    },
  },
  {
    reader: 'channels',
    what: 'a TIFF of very many channels',
    make: () => tiff({ width: 1000, height: 1000, channels: 60_000 }),
  },
  {
    reader: 'channels',
    what: 'a TIFF of many pixels',
    make: () => tiff({ width: 20_000, height: 20_000, channels: 1 }),
    result: 20_000 ** 2,
  },
  {
    reader: 'Caffe',
    what: 'a blob of very many dimensions',
    make: (megabytes) => caffeBlob(Buffer.alloc(megabytes * 2 ** 20, 1)),
  },
  {
    reader: 'Caffe',
    what: 'a blob that is larger than its numbers',
    make: () => caffeBlob(Buffer.from([0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f])),
  },
  {
    reader: 'YOLO labels',
    what: 'one line of numbers',
    make: (megabytes) => text('0', ' 0', '', megabytes),
  },
  {
    reader: 'YOLO configuration',
    what: 'names without end',
    make: (megabytes) => text('train: train/images\nnames: [a', ', a', ']', megabytes),
  },
  {
    reader: 'CVAT',
    what: 'lines without end',
    make: (megabytes) => text('', 'a:1,2,3::\n', '', megabytes),
  },
  {
    reader: 'list of ids',
    what: 'one id again and again',
    make: (megabytes) => text('a\n', 'a\n', '', megabytes),
  },
  {
    reader: 'list of ids',
    what: 'lines of nothing',
    make: (megabytes) => text('a\n', '\n', '', megabytes),
    result: 1,
  },
  {
    reader: 'list of ids',
    what: 'a line without an end',
    make: (megabytes) => text('a', 'a', '', megabytes),
    result: 1,
  },
  {
    reader: 'tar',
    what: 'a name with a NUL',
    make: () =>
      tarOf({ name: 'pax', type: 'x', data: paxRecord('path', 'a\0b.txt') }, { name: 'x', data: 'content' }),
  },
  {
    reader: 'tar.gz',
    what: 'a file that unpacks without end',
    make: (megabytes) => gzipSync(tarOf({ name: 'a', data: Buffer.alloc(megabytes * 2 ** 20) })),
  },
  {
    reader: 'class list',
    what: 'lines without end',
    make: (megabytes) => text('', 'a\n', '', megabytes),
  },
  {
    reader: 'labelme',
    what: 'shapes that are none',
    make: (megabytes) => text('{"imagePath":"a.jpg","shapes":[0', ',0', ']}', megabytes),
  },
  { reader: 'labelme', what: 'a large image', make: () => Buffer.from(labelme('', 1_000_000)) },
  {
    reader: 'labelme',
    what: 'a polygon of long edges',
    make: () => {
      const points = Array.from({ length: 100_000 }, (_, i) => `[${i % 8000},${i % 2 === 0 ? 0 : 8000}]`);
      return Buffer.from(labelme(`{"label":"cat","points":[${points.join(',')}]}`, 8000));
    },
    result: 8000 * 8000, // the label map is there before the drawing is given up
  },
  {
    reader: 'labelme',
    what: 'an embedded image that unpacks',
    make: (megabytes) => {
      const image = png({ width: 100, height: 100, data: bomb(megabytes) }).toString('base64');
      return Buffer.from(`{"imageData":"${image}","shapes":[]}`);
    },
    result: 30_000,
  },
  {
    reader: 'COCO',
    what: 'runs of 1e12 pixels',
    make: () => Buffer.from(coco('{"counts":[0,1000000000000],"size":[4,6]}')),
  },
  {
    reader: 'COCO',
    what: 'an image of 1e6 x 1e6',
    make: () => Buffer.from(coco('[[0,0,1,0,1,1]]', '"width":1000000,"height":1000000')),
  },
  {
    reader: 'COCO',
    what: 'a polygon that is none',
    make: (megabytes) => Buffer.from(coco(`[[""${',""'.repeat(megabytes * 350_000)}]]`)),
  },
  {
    reader: 'COCO',
    what: 'edges far outside of the image',
    make: () => Buffer.from(coco(`[[0,0${',-999999,0,999999,4'.repeat(20_000)}]]`)),
  },
  {
    reader: 'COCO',
    what: 'annotations that are none',
    make: (megabytes) => text('{"images":[],"categories":[],"annotations":[0', ',0', ']}', megabytes),
  },
  {
    reader: 'Label Studio',
    what: 'tasks that are none',
    make: (megabytes) => text('[0', ',0', ']', megabytes),
  },
  {
    reader: 'Supervisely',
    what: 'a bitmap that unpacks without end',
    make: (megabytes) => Buffer.from(supervisely(bomb(megabytes).toString('base64'))),
  },
  {
    reader: 'YOLO configuration',
    what: 'aliases of aliases',
    make: () => {
      const lines = Array.from(
        { length: 12 },
        (_, i) =>
          `a${i}: &a${i} [${Array(10)
            .fill(i === 0 ? 'x' : `*a${i - 1}`)
            .join(', ')}]`,
      );
      return Buffer.from(`${lines.join('\n')}\nnames: [cat]\ntrain: train/images\n`);
    },
  },
  {
    reader: 'YOLO labels',
    what: 'lines that are none',
    make: (megabytes) => text('', 'x\n', '', megabytes),
  },
];
