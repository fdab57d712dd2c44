import { fromBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ModelProtoSchema, type NodeProto } from '../../../src/engine/onnx/onnx_pb.ts';
import { kindsOf } from '../../../src/engine/optimizers/optimizer.ts';
import { wholeOf } from '../../../src/engine/rewrites/bands.ts';
import { stateNames } from '../../../src/engine/training/names.ts';
import {
  compileTrainingStep,
  compileUpdate,
  followingParameters,
} from '../../../src/networks/graphs/training.ts';
import { modelNames } from '../../../src/networks/model-names.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';
import { optimizerOf, type UpdateConfig } from '../../../src/networks/update-rules.ts';

/** What a runtime may make a view of its input, so that whoever reads the result reads the weights. */
const rearrangements = [
  'Reshape',
  'Transpose',
  'Slice',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Identity',
  'Split',
];

const sgd = { momentum: 0.9, weightDecay: 5e-4 } as const;
const optimizers: Record<string, UpdateConfig> = {
  sgd,
  'sgd with averages': { ...sgd, ema: 0.9 },
  'sgd with all else': { ...sgd, nesterov: true, clip: 1, ema: 0.9, headRate: 10 },
  adamw: { ...sgd, optimizer: 'adamw' },
  'adamw with all else': { ...sgd, optimizer: 'adamw', clip: 1, ema: 0.9, headRate: 10 },
};

/** Which nodes compute with an edge, rearranged or not, and which lead to one. */
function analyze(model: Uint8Array) {
  const { node: nodes } = fromBinary(ModelProtoSchema, model).graph!;
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const consumers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const name of new Set(node.input)) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  }
  const readersOf = (name: string): NodeProto[] =>
    (consumers.get(name) ?? []).flatMap((node) =>
      rearrangements.includes(node.opType) ? node.output.flatMap(readersOf) : [node],
    );
  const leadingTo = (name: string) => {
    const found = new Set<NodeProto>();
    const follow = (edge: string) => {
      const node = producers.get(edge);
      if (!node || found.has(node)) return;
      found.add(node);
      for (const input of node.input) follow(input);
    };
    follow(name);
    return found;
  };
  return { readersOf, leadingTo };
}

/**
 * New weights and state are written over the old ones while the graph runs. All that computes with the old ones must come
 * before, and what comes before is decided by data alone.
 */
function expectOrdered(
  { readersOf, leadingTo }: ReturnType<typeof analyze>,
  written: string,
  read: readonly string[],
) {
  const earlier = leadingTo(stateNames.next(written));
  const readers = read.flatMap(readersOf);
  expect(earlier.size, written).toBeGreaterThan(1);
  expect(readers.length, written).toBeGreaterThan(0);
  const late = readers.filter((reader) => !earlier.has(reader));
  expect(
    late.map(({ opType, output }) => `${opType} ${output[0]}`),
    written,
  ).toEqual([]);
}

const everyModel = modelNames.map((model) => [model, 'sgd'] as const);
const everyOptimizer = Object.keys(optimizers)
  .slice(1)
  .map((name) => ['fcn8s', name] as const);

it.each([...everyModel, ...everyOptimizer])(
  '%s, %s: weights and state are written after the last node that computes with them',
  (model, name) => {
    const architecture = { model, numClasses: 3, width: 1, deconvolution: 'learned' } as const;
    const update = optimizers[name]!;
    const config = { batchSize: 1, loss: 'mean', dropout: 0.5, ...update } as const;
    const parameters = parametersOf(architecture);
    const { model: step, bands } = compileTrainingStep(architecture, config);
    const graphs = [
      {
        graph: step,
        partsOf: (whole: (typeof parameters)[0]) => bands.get(whole.name) ?? [wholeOf(whole)],
      },
      {
        graph: compileUpdate(
          parameters.filter(({ learned }) => learned),
          config,
          new Map(),
          followingParameters(architecture, {}),
        ),
        partsOf: (whole: (typeof parameters)[0]) => [wholeOf(whole)],
      },
    ];
    for (const { graph, partsOf } of graphs) {
      const edges = analyze(graph);
      for (const parameter of parameters) {
        for (const { name: part } of partsOf(parameter)) {
          // A band is read as the parameter, and by its own update.
          const read = [...new Set([parameter.name, part])];
          expectOrdered(edges, part, read);
          for (const kind of parameter.learned ? kindsOf(optimizerOf(update)) : []) {
            const state = stateNames.of(kind, part);
            expectOrdered(edges, state, [state]);
          }
        }
      }
    }
  },
);
