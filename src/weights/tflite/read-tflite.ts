import { inputError } from '../../base/errors.ts';
import { allocate, sizeOf, type Tensor } from '../../base/tensor.ts';
import { readFully, withFile } from '../file-reading.ts';
import { quote } from '../quote.ts';
import { dequantize } from './dequantize.ts';
import { FlatFile } from './flat-table.ts';
import { type LiteGraph, type LiteOperator, operatorCodes, readGraph } from './schema.ts';

/**
 * The weights of a TensorFlow Lite model, quantized ones as the numbers they stand for. By `SCOPE.weight` and
 * `SCOPE.bias`, with TensorFlow's scope of the layer (`MobilenetV2/expanded_conv_1/expand`), and in PyTorch's order:
 * [O, I, kH, kW] for a convolution, [C, 1, kH, kW] for a depthwise one, [O, I] for a fully connected layer.
 * @throws FcnError naming the file and the offset when it is damaged, or holds no such layer.
 */
export async function readTflite(file: string): Promise<Map<string, Tensor<'float32'>>> {
  const bytes = await withFile(file, 'TensorFlow Lite file', async (handle) => {
    const whole = new Uint8Array((await handle.stat()).size);
    return whole.subarray(0, await readFully(handle, whole, 0));
  });
  const flat = new FlatFile(file, bytes);
  const graph = readGraph(flat);
  const constantOf = constants(graph);
  const tensors = new Map<string, Tensor<'float32'>>();
  const seen = new Set<number>();
  let numbers = 0;
  const read = (index: number) => {
    const tensor = graph.tensor(index);
    // Many tensors over the same bytes are no network.
    numbers += tensor.data.length;
    const values = numbers > flat.size ? 'got more numbers than the file can hold' : dequantize(tensor);
    if (typeof values !== 'string') return { name: tensor.name, values };
    throw inputError(
      `TensorFlow Lite file ${file}: tensor ${quote(tensor.name)}: ${values}; it is damaged, or of a kind that fcn does not read`,
    );
  };
  for (const operator of graph.operators) {
    const order = layouts.get(operator.code);
    const weightIndex = constantOf(operator.inputs[1]);
    if (!order || weightIndex === undefined || seen.has(weightIndex)) continue; // weights may be shared
    seen.add(weightIndex);
    const weight = read(weightIndex);
    const layer = scopeOf(weight.name);
    if (tensors.has(`${layer}.weight`)) {
      throw inputError(
        `TensorFlow Lite file ${file}: got the layer ${quote(layer)} twice, expected different names`,
      );
    }
    if (weight.values.shape.length !== order.length) {
      throw inputError(
        `TensorFlow Lite file ${file}: tensor ${quote(weight.name)}: got [${weight.values.shape.join(', ')}], ` +
          `expected ${order.length} dimensions; it is damaged`,
      );
    }
    tensors.set(`${layer}.weight`, permute(weight.values, order));
    const biasIndex = constantOf(operator.inputs[2]);
    if (biasIndex !== undefined) tensors.set(`${layer}.bias`, read(biasIndex).values);
  }
  if (tensors.size > 0) return tensors;
  throw inputError(
    `TensorFlow Lite file ${file}: got no convolution and no fully connected layer with weights, expected some; ` +
      'choose the file of a network',
  );
}

/** Which dimension of TensorFlow's weights each of PyTorch's is: conv [O, kH, kW, I], depthwise [1, kH, kW, C]. */
const layouts: ReadonlyMap<number, readonly number[]> = new Map([
  [operatorCodes.conv2d, [0, 3, 1, 2]],
  [operatorCodes.depthwiseConv2d, [3, 0, 1, 2]],
  [operatorCodes.fullyConnected, [0, 1]],
]);

/** The constant tensor behind an operator's input: float16 weights reach it through an operator of their own. */
function constants(graph: LiteGraph): (input: number | undefined) => number | undefined {
  const expanded = new Map(
    graph.operators
      .filter(({ code }: LiteOperator) => code === operatorCodes.dequantize)
      .map(({ inputs, outputs }) => [outputs[0], inputs[0]]),
  );
  return (input) => {
    const index = expanded.get(input) ?? input;
    if (index === undefined || index < 0) return undefined; // an input that may be left out
    return graph.tensor(index).data.length > 0 ? index : undefined;
  };
}

/**
 * The layer of a weight tensor. Its name is that of what was made constant: `SCOPE/Conv2D_Fold;SCOPE/weights_quant/...`
 * (or only the latter, in files of the first converter).
 */
function scopeOf(name: string): string {
  const first = name.split(';')[0]!;
  return first.replace(/(\/weights_quant)?\/[^/]+$/, '');
}

function permute(tensor: Tensor<'float32'>, order: readonly number[]): Tensor<'float32'> {
  const { shape, data } = tensor;
  if (order.every((dimension, i) => dimension === i)) return tensor;
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const result = allocate(
    'float32',
    order.map((dimension) => shape[dimension]!),
  );
  const [d0, d1, d2, d3] = result.shape as [number, number, number, number];
  const [s0, s1, s2, s3] = order.map((dimension) => strides[dimension]!) as [number, number, number, number];
  let to = 0;
  for (let a = 0; a < d0; a++) {
    for (let b = 0; b < d1; b++) {
      for (let c = 0; c < d2; c++) {
        for (let d = 0; d < d3; d++) result.data[to++] = data[a * s0 + b * s1 + c * s2 + d * s3]!;
      }
    }
  }
  return result;
}
