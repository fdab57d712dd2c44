import { inputError } from '../../base/errors.ts';
import type { Edge, Value } from '../graph/edge.ts';
import type { Graph } from '../graph/graph.ts';
import { placeCalled } from '../graph/places.ts';
import { takeOver } from '../graph/replace.ts';
import type { TapeEntry } from '../graph/tape.ts';
import { stackRows, takeRows } from '../operators/rows.ts';

/**
 * Computes a stage of a network, unpadded convolutions of stride 1 and the 2x2 pooling behind them, for the upper half of
 * its map and then for the lower: only half of each intermediate map, forward and in the backward pass, is there at a time.
 * For VGG-16's first two that is 0.7 GB less for a training step at 500x375. A few rows in the middle are computed twice.
 *
 * The result must have two rows or more. To be applied before the graph is differentiated: gradients then come in halves, too.
 * @param name of the stage, the end of its place; a graph that has no such place stays as it is
 */
export function runInHalves(graph: Graph, name: string): void {
  const places = graph.tape.flatMap(({ place }) => placeCalled(name, place) ?? []);
  for (const stage of new Set(places)) runStageInHalves(graph, stage);
}

function runStageInHalves(graph: Graph, stage: string): void {
  const isInside = ({ place }: { readonly place: string }) => place.startsWith(`${stage}/`);
  const start = graph.tape.findIndex(isInside);
  if (start < 0) return;
  const entries = graph.tape.filter(isInside);
  checkChain(entries, stage);
  const input = entries[0]!.inputs[0]!.value;
  const output = entries.at(-1)!.output;

  const firstNode = graph.nodes.findIndex(isInside);
  const behind = graph.nodes.splice(firstNode).filter((node) => !isInside(node));
  const tapeBehind = graph.tape.splice(start).slice(entries.length);
  const result = graph.at(stage, () => halves(graph, input, entries));
  takeOver(graph, { op: 'Concat', outputs: [output] }, result);
  const last = graph.tape.pop()!;
  graph.tape.push({ ...last, output }, ...tapeBehind);
  graph.nodes.push(...behind);
}

function halves(graph: Graph, input: Value, entries: readonly TapeEntry[]): Value {
  const lost = entries.slice(0, -1).reduce((sum, { rowwise }) => sum + rowwise!.kernel - 1, 0); // rows
  const plus = (size: Edge, amount: number) => graph.emit('Add', [size, graph.int64([amount])]);
  const rows = graph.emit('Shape', [input], { start: 2, end: 3 });
  const half = graph.emit('Div', [plus(rows, 2 - lost), graph.int64([4])]); // of the rows behind the pooling
  const middle = graph.emit('Mul', [half, graph.int64([2])]);
  const part = (start: Edge, end: Edge) =>
    entries.reduce(
      (x, { rowwise, place }) => graph.at(place, () => rowwise!.apply(x)),
      takeRows(graph, input, start, end),
    );
  const top = part(graph.int64([0]), plus(middle, lost));
  const bottom = part(middle, rows);
  return stackRows(graph, top, bottom);
}

/** @throws FcnError where the operators of a stage are none that can be applied to halves. */
function checkChain(entries: readonly TapeEntry[], stage: string): void {
  const isChain = entries.every(
    ({ inputs }, index) => index === 0 || inputs[0]!.value === entries[index - 1]!.output,
  );
  const pooling = entries.at(-1)?.rowwise;
  const isPooled = pooling?.stride === 2 && pooling.kernel === 2;
  if (isChain && isPooled && entries.slice(0, -1).every(({ rowwise }) => rowwise?.stride === 1)) return;
  throw inputError(
    `plan: halves at ${stage}: got other operators, expected unpadded convolutions with stride 1 in a row, followed by a 2x2 pooling` +
      '; remove this place from the plan',
  );
}
