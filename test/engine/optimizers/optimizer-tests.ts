import { expect, it } from 'vitest';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { Construction } from '../../../src/engine/parameters/parameter.ts';
import type { Plan } from '../../../src/engine/rewrites/plan.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import type { Runtime } from '../../../src/engine/runtimes/session.ts';
import { createLearner, Learner } from '../../../src/engine/training/learner.ts';
import { TrainingState } from '../../../src/engine/training/state.ts';
import { compileAccumulation, compileUpdate } from '../../../src/engine/training/step.ts';
import { optimizerOf, ruleOf } from '../../../src/networks/update-rules.ts';
import { shareOfWay } from '../../fixtures.ts';
import { batchAt, buildLoss, type Case, cases, expected, initialWeights, inParts } from './two-layers.ts';

const steps = 20;

type Ways = Readonly<Record<string, (settings: Case) => Promise<Learner>>>;

export async function fused(settings: Case, runtime: Runtime = nativeRuntime, plan?: Plan) {
  return createLearner(runtime, (construction) => buildLoss(construction).loss, {
    optimizer: optimizerOf(settings, settings.learningRate),
    ruleOf: (name) => ruleOf(name, settings),
    weights: initialWeights(),
    ...(plan && { plan }),
  });
}

export async function accumulating(settings: Case, runtime: Runtime = nativeRuntime, plan?: Plan) {
  const construction = new Construction(new Graph());
  const { graph } = construction;
  const { loss, validPixels } = buildLoss(construction, 1, 'sum');
  graph.output('pixels', validPixels, 'float32', []);
  const optimizer = optimizerOf(settings, settings.learningRate);
  const learned = construction.parameters.map((parameter) => {
    return { ...parameter, rule: ruleOf(parameter.name, settings) };
  });
  const graphs = {
    accumulation: compileAccumulation({ graph, loss, learned }),
    update: compileUpdate(learned, optimizer, [], 1, plan),
    count: 'pixels',
  };
  const state = new TrainingState({ weights: initialWeights(), learned, optimizer, accumulates: true });
  return Learner.create(runtime, graphs, state, { optimizer });
}

/** 20 steps of each in PyTorch, in float64; biases at twice the rate without decay, the head at a rate of its own. */
export function testOptimizers(ways: Ways): void {
  it.each(cases.flatMap((settings) => Object.keys(ways).map((way) => ({ way, ...settings }))))(
    '$name $way',
    async ({ way, ...settings }) => {
      const learner = await ways[way]!(settings);
      const { data: losses } = expected(`${settings.name}/losses`);
      for (let step = 0; step < steps; step++) {
        const batch = batchAt(step);
        const loss = await learner.step(...(way.includes('accumulated') ? inParts(batch) : [batch]));
        expect(Math.abs(loss / losses[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-5);
      }
      await learner.read();
      await learner.release();
      for (const [name, start] of initialWeights()) {
        const final = expected(`${settings.name}/final/${name}`);
        expect(shareOfWay(learner.parameters.get(name)!, final, start), name).toBeLessThan(1e-4);
        const average = expected(`${settings.name}/average/${name}`);
        const result = learner.state.result.get(name)!;
        expect(shareOfWay(result, average ?? final, start), `result ${name}`).toBeLessThan(1e-4);
      }
    },
  );
}
