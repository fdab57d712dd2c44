import { inputPresets } from '../../../src/data/input-config.ts';
import { initializeParameter } from '../../../src/engine/parameters/initialize.ts';
import type { Training } from '../../../src/library/web/training.ts';
import type { ModelConfig } from '../../../src/networks/model-config.ts';
import { parametersOf } from '../../../src/networks/parameters.ts';
import type { Model } from '../../../src/weights/model.ts';
import { transplant } from '../../../src/weights/transplant.ts';
import type { NamedClass, Plan } from './messages.ts';

/** The network to begin with: the file's, or what was learned before, as far as they fit; else random weights. */
export function firstModel(
  plan: Plan,
  loaded: Model | undefined,
  before: { training: Training; plan: Plan } | undefined,
): { model: Model; note: string; iteration: number } {
  const config = configOf(plan, (loaded ?? before?.training.model)?.config);
  const { seed } = plan.settings;
  if (loaded) {
    const { weights, fates } = transplant(loaded, config, seed);
    return { model: { config, weights }, note: `starts from the file${anew(fates)}`, iteration: 0 };
  }
  if (before && isSameNetwork(before.plan, plan)) {
    // Classes that were only renamed are the same classes.
    const { model, iteration } = before.training;
    const renamed = isSameClasses(before.plan, plan) ? config : model.config;
    const { weights, fates } = transplant({ config: renamed, weights: model.weights }, config, seed);
    return {
      model: { config, weights },
      note: `continues from what it has learned${anew(fates)}`,
      iteration,
    };
  }
  const weights = new Map(
    parametersOf(config).map((parameter) => [parameter.name, initializeParameter(parameter, seed)]),
  );
  return { model: { config, weights }, note: 'starts from random weights', iteration: 0 };
}

function anew(fates: ReturnType<typeof transplant>['fates']): string {
  const count = fates.filter(({ fate }) => fate === 'initialized').length;
  return count > 0 ? '; the score layers start over for the new classes' : '';
}

function configOf({ model, width, classes }: Plan, before: ModelConfig | undefined): ModelConfig {
  return {
    ...{ model, width, numClasses: classes.length, classes: namesOf(classes) },
    deconvolution: before?.deconvolution ?? 'learned',
    input: before?.input ?? inputPresets.torchvision,
  };
}

export function namesOf(classes: readonly NamedClass[]): string[] {
  return classes.map(({ name }) => name);
}

export function isSameNetwork(a: Plan, b: Plan): boolean {
  return a.model === b.model && a.width === b.width;
}

export function isSameClasses(a: Pick<Plan, 'classes'>, b: Pick<Plan, 'classes'>): boolean {
  return a.classes.map(({ key }) => key).join() === b.classes.map(({ key }) => key).join();
}
