import type { Graph } from './graph.ts';
import { replaceNodes } from './replace.ts';

/** The newest operator set that every ONNX tool of the last years reads. Nodes are emitted as it has them. */
const usual = 17n;

/** The set of the operators that are not in the usual one. Only sessions of our own get graphs with these. */
const newer = 18n;
const newerOperators = ['Col2Im'];

/** Reductions whose axes are an input in the newer set. */
const reductions = ['ReduceMax', 'ReduceMean', 'ReduceProd', 'ReduceSumSquare'];

/** The operator set that a graph needs. If it is not the usual one, its nodes are as they are there from now on. */
export function settleOperatorSet(graph: Graph): bigint {
  if (!graph.nodes.some(({ op }) => newerOperators.includes(op))) return usual;
  replaceNodes(graph, ({ op, inputs, attributes: { axes, ...attributes } }) => {
    if (!reductions.includes(op) || axes === undefined) return undefined;
    return graph.emit(op, [...inputs, graph.int64(axes as readonly number[])], attributes);
  });
  return newer;
}
