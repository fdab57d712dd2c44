import { sizeOf } from '../../base/tensor.ts';
import { fixed, type Graph, type Node, type Value } from '../graph/graph.ts';
import { takeOver } from '../graph/replace.ts';
import type { TapeEntry } from '../graph/tape.ts';
import { concatenate } from '../operators/concatenate.ts';
import { convolution } from '../operators/convolution.ts';
import { ConvolutionForward } from '../operators/convolution-meaning.ts';
import { type Band, type BandInput, bandsOf } from './bands.ts';

/** Bands of parameters that a graph takes in place of the whole, by the name of the whole. */
export type Parts = ReadonlyMap<string, readonly BandInput[]>;

/**
 * Computes layers whose weights are large in parts, each of some of the output's channels, with weights and biases of its own:
 * for devices that bind no more than so much memory at once. (fc6 has 411 MB of weights; WebGPU promises 128 MiB.) Only
 * convolutions are: no other layer is that large.
 *
 * To be applied before the graph is differentiated: gradients, and with them updates, then come in parts, too.
 * @param elements from which on weights are split; default: none are
 */
export function splitLayers(graph: Graph, elements: number | undefined): Parts {
  const parts = new Map<string, readonly BandInput[]>();
  if (elements === undefined) return parts;
  const inputsOf = (whole: Value, height: number) => {
    const known = parts.get(whole.name);
    if (known) return known;
    const bands = bandsOf(shapeOf(whole), height * sizeOf(shapeOf(whole).shape.slice(1)));
    const inputs = bands.map((band) => ({ ...band, value: graph.input(band.name, 'float32', band.shape) }));
    parts.set(whole.name, inputs);
    graph.inputs.splice(graph.inputs.indexOf(whole), 1);
    return inputs;
  };
  for (const entry of [...graph.tape]) {
    const node = graph.nodes.find(({ outputs }) => outputs[0] === entry.output);
    const meaning = node?.meaning;
    const [x, w, b] = entry.inputs.map(({ value }) => value) as [Value, Value, Value?];
    if (!(meaning instanceof ConvolutionForward) || meaning.size.groups > 1) continue;
    const { shape } = shapeOf(w);
    // What the graph computes itself is nothing that is bound to it.
    const areBound = b && [w, b].every((value) => parts.has(value.name) || graph.inputs.includes(value));
    if (sizeOf(shape) <= elements || !areBound) continue;
    const { before, after, stride, dilation } = meaning.size;
    // Half of what may be: bandsOf leaves whole what has up to twice as many.
    const height = Math.max(1, Math.floor(elements / 2 / sizeOf(shape.slice(1))));
    const [kernels, biases] = [inputsOf(w, height), inputsOf(b, height)];
    replace(graph, node!, entry, () =>
      concatenate(
        graph,
        kernels.map(({ value }, k) =>
          convolution(graph, x, value, biases[k]!.value, { pad: [before, after], stride, dilation }),
        ),
      ),
    );
  }
  return parts;
}

/** Parameters with the parts in the place of those that are split. */
export function inParts<P extends Pick<Band, 'name' | 'shape'>>(parameters: readonly P[], parts: Parts): P[] {
  return parameters.flatMap((parameter) => {
    const bands = parts.get(parameter.name);
    return bands?.map((band) => ({ ...parameter, ...band })) ?? [parameter];
  });
}

function shapeOf({ name, shape }: Value): { name: string; shape: number[] } {
  return { name, shape: shape.map(fixed) };
}

/** Puts other operators in the place of one, in the graph and on its tape. */
function replace(graph: Graph, node: Node, entry: TapeEntry, emit: () => Value): void {
  const [, ...nodesBehind] = graph.nodes.splice(graph.nodes.indexOf(node));
  const [, ...tapeBehind] = graph.tape.splice(graph.tape.indexOf(entry));
  const result = graph.at(entry.place, emit);
  takeOver(graph, node, result);
  const last = graph.tape.pop()!;
  graph.tape.push({ ...last, output: entry.output }, ...tapeBehind);
  graph.nodes.push(...nodesBehind);
}
