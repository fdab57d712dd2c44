import { fromBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ModelProtoSchema, type NodeProto } from '../../../src/engine/onnx/onnx_pb.ts';
import { bandsOf } from '../../../src/engine/rewrites/bands.ts';
import { stateNames } from '../../../src/engine/training/names.ts';
import { compileTrainingStep } from '../../../src/networks/graphs/training.ts';
import { modelNames } from '../../../src/networks/model-names.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';

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

/**
 * New weights are written over the old ones while the graph runs. All that computes with the old ones must come before, and
 * what comes before is decided by data alone.
 */
it.each(modelNames)('%s: weights are written after the last node that computes with them', (model) => {
  const architecture = { model, numClasses: 3, width: 1, deconvolution: 'learned' } as const;
  const config = { batchSize: 1, loss: 'mean', dropout: 0.5, momentum: 0.9, weightDecay: 5e-4 } as const;
  const { node: nodes } = fromBinary(ModelProtoSchema, compileTrainingStep(architecture, config)).graph!;
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));

  const readersOf = (name: string): NodeProto[] =>
    nodes
      .filter(({ input }) => input.includes(name))
      .flatMap((node) => (rearrangements.includes(node.opType) ? node.output.flatMap(readersOf) : [node]));
  const before = (name: string) => {
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

  for (const parameter of parametersOf(architecture)) {
    for (const band of bandsOf(parameter)) {
      const earlier = before(stateNames.next(band.name));
      expect(earlier.size, band.name).toBeGreaterThan(3);
      // A band is read as the parameter, and by its own update.
      const late = readersOf(parameter.name).filter((reader) => !earlier.has(reader));
      expect(
        late.map(({ opType, output }) => `${opType} ${output[0]}`),
        band.name,
      ).toEqual([]);
    }
  }
});
