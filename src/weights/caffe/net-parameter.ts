import { sizeOf } from '../../base/tensor.ts';
import { type Field, type WireReader, wireTypes } from './wire-reader.ts';

/** A layer of a trained network. */
export interface CaffeLayer {
  readonly name: string;
  /** Caffe's name of the type: `Convolution`, `InnerProduct`, ... */
  readonly type: string;
  /** Of a convolution or deconvolution. */
  readonly group: number;
  /** The numbers that it has learned; most layers have none. */
  readonly blobs: readonly CaffeBlob[];
}

/** Where a blob's numbers lie in the file. Their count is that of the shape. */
export interface CaffeBlob {
  readonly shape: readonly number[];
  /** Whether the shape comes from the old fields num, channels, height and width, padded with ones at the front. */
  readonly padded: boolean;
  /** Bytes of a number: 4 for float32, 8 for float64. */
  readonly numberBytes: 4 | 8;
  readonly begin: number;
}

/** Field numbers of caffe.proto (github.com/BVLC/caffe). Layers are of type V1LayerParameter or LayerParameter. */
const net = { layersV1: 2, layers: 100 } as const;
const layerFields = {
  v1: { name: 4, type: 5, blobs: 6, convolution: 10, innerProduct: 17 },
  v2: { name: 1, type: 2, blobs: 7, convolution: 106, innerProduct: 117 },
} as const;
/** V1LayerParameter.layer: a layer of the version before it. */
const layerV0 = 1;
const blob = { num: 1, width: 4, data: 5, shape: 7, doubleData: 8 } as const;
const convolutionGroup = 5;
const innerProductTranspose = 6;
const shapeDim = 1;

/** V1LayerParameter.LayerType, as far as we need to know. */
const typesV1 = new Map([
  [4, 'Convolution'],
  [39, 'Deconvolution'],
  [14, 'InnerProduct'],
  [15, 'LRN'],
  [17, 'Pooling'],
]);

/** Enough for any network of ours and its relatives. What is over is an attack on the memory. */
const most = { layers: 10_000, blobs: 16, nameBytes: 1000, axes: 32 };

/**
 * The layers of a NetParameter that fills a file, in the order of the network.
 * @throws FcnError naming the file and the offset when it is none, or when a blob's numbers are not as many as its shape says.
 */
export async function readLayers(reader: WireReader, size: number): Promise<CaffeLayer[]> {
  const layers: CaffeLayer[] = [];
  for await (const field of reader.fields(0, size)) {
    const { number } = field;
    if (number !== net.layersV1 && number !== net.layers) continue;
    expectBytes(reader, field, 'a layer');
    layers.push(await readLayer(reader, field, number === net.layers ? 'v2' : 'v1'));
    if (layers.length > most.layers) {
      throw reader.damaged(field.begin, `got more than ${most.layers} layers, expected fewer`);
    }
  }
  return layers;
}

async function readLayer(
  reader: WireReader,
  { begin, end }: Field,
  version: 'v1' | 'v2',
): Promise<CaffeLayer> {
  const fields = layerFields[version];
  const blobs: CaffeBlob[] = [];
  let name = '';
  let type = '';
  let group = 1;
  for await (const field of reader.fields(begin, end)) {
    switch (field.number) {
      case fields.name:
        name = await reader.text(expectBytes(reader, field, 'a name'), most.nameBytes);
        break;
      case fields.type:
        if (field.wireType === wireTypes.varint) type = typesV1.get(field.value) ?? `type ${field.value}`;
        else type = await reader.text(expectBytes(reader, field, 'a type'), most.nameBytes);
        break;
      case fields.blobs:
        if (blobs.length === most.blobs) {
          throw reader.damaged(field.begin, `got more than ${most.blobs} blobs in a layer, expected fewer`);
        }
        blobs.push(await readBlob(reader, expectBytes(reader, field, 'a blob')));
        break;
      case fields.convolution:
        group = await readNumber(reader, expectBytes(reader, field, 'a parameter'), convolutionGroup, 1);
        break;
      case fields.innerProduct:
        if (await readNumber(reader, expectBytes(reader, field, 'a parameter'), innerProductTranspose, 0)) {
          throw reader.damaged(field.begin, 'got an InnerProduct layer with transpose, expected one without');
        }
        break;
      case layerV0:
        // In V2 this is the name.
        throw reader.damaged(
          field.begin,
          "got a layer of Caffe's first format (V0), expected V1 or V2; use Caffe's upgrade_net_proto_binary",
        );
    }
  }
  return { name, type, group, blobs };
}

/** A number in a message, or the default. */
async function readNumber(
  reader: WireReader,
  { begin, end }: Field,
  number: number,
  otherwise: number,
): Promise<number> {
  let value = otherwise;
  for await (const field of reader.fields(begin, end)) if (field.number === number) value = field.value;
  return value;
}

async function readBlob(reader: WireReader, { begin, end }: Field): Promise<CaffeBlob> {
  const old = [0, 0, 0, 0];
  let padded = false;
  let shape: number[] = [];
  let data: Field | undefined;
  let doubles: Field | undefined;
  for await (const field of reader.fields(begin, end)) {
    if (field.number >= blob.num && field.number <= blob.width) {
      old[field.number - blob.num] = field.value;
      padded = true;
    } else if (field.number === blob.shape) {
      shape = await readShape(reader, expectBytes(reader, field, 'a shape'));
    } else if (field.number === blob.data) {
      data = expectPacked(reader, field, data);
    } else if (field.number === blob.doubleData) {
      doubles = expectPacked(reader, field, doubles);
    }
  }
  if (padded) shape = old; // Caffe's Blob::FromProto decides so
  const numbers = doubles ?? data;
  const numberBytes = doubles ? 8 : 4;
  const count = shape.includes(0) ? 0 : sizeOf(shape);
  const bytes = numbers ? numbers.end - numbers.begin : 0;
  if (bytes !== count * numberBytes) {
    throw reader.damaged(
      numbers?.begin ?? begin,
      `got ${bytes} bytes of numbers, expected ${count * numberBytes} for a blob [${shape.join(', ')}]`,
    );
  }
  return { shape, padded, numberBytes, begin: numbers?.begin ?? begin };
}

async function readShape(reader: WireReader, { begin, end }: Field): Promise<number[]> {
  const shape: number[] = [];
  for await (const field of reader.fields(begin, end)) {
    if (field.number !== shapeDim) continue;
    const room = most.axes - shape.length;
    if (field.wireType === wireTypes.bytes) shape.push(...(await reader.packedVarints(field, room)));
    else if (room > 0) shape.push(field.value);
    else throw reader.damaged(field.begin, `got more than ${most.axes} dimensions, expected fewer`);
  }
  return shape;
}

function expectBytes(reader: WireReader, field: Field, what: string): Field {
  if (field.wireType === wireTypes.bytes) return field;
  throw reader.damaged(
    field.begin,
    `got wire type ${field.wireType} for ${what}, expected ${wireTypes.bytes}`,
  );
}

/** Caffe packs all numbers of a blob into one field. */
function expectPacked(reader: WireReader, field: Field, before: Field | undefined): Field {
  if (before) throw reader.damaged(field.begin, 'got the numbers of a blob in several pieces, expected one');
  return expectBytes(reader, field, 'the numbers of a blob');
}
