import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../base/download/cache-folder.ts';
import { inputError, reasonOf } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { processorName } from '../base/processor.ts';
import type { Plan } from '../engine/rewrites/plan.ts';
import { ort } from '../engine/runtimes/native/ort-api.ts';
import type { Architecture } from '../networks/network.ts';
import { type PlanFile, planFileSchema } from '../networks/plan-file.ts';
import { defaultPlans, type PlanUse } from '../networks/plans.ts';

/** What a plan was measured for. */
export type PlanKey = Pick<PlanFile, 'processor' | 'runtime' | 'model' | 'width'>;

/** What a plan for a network would be measured for on this machine. */
export function planKeyOf({ model, width }: Pick<Architecture, 'model' | 'width'>): PlanKey {
  return { processor: processorName(), runtime: ort().version, model, width };
}

/** The file in the cache folder that holds the plans for a network on this machine, once `fcn tune` has measured them. */
export function tunedPlanFile(key: PlanKey): string {
  const { processor, runtime, model, width } = key;
  const digest = createHash('sha256').update([processor, runtime, model, width].join('\n')).digest('hex');
  return path.join(cacheFolder(), 'plans', `${model}-${digest.slice(0, 16)}.json`);
}

/** The plan that was measured for a network on this machine, else the one that comes along (plans.ts). */
export function planFor(architecture: Pick<Architecture, 'model' | 'width'>, use: PlanUse): Plan {
  const file = tunedPlanFile(planKeyOf(architecture));
  return existsSync(file) ? readPlans(file)[use] : defaultPlans[use];
}

/** The plans in a file that `fcn tune` wrote. @throws FcnError naming the file */
export function readPlans(file: string): PlanFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw inputError(`plan ${file}: cannot be read (${reasonOf(thrown)}); make one with fcn tune`, thrown);
  }
  return parseJson(planFileSchema, text, `plan ${file}`, 'make it again with fcn tune, or remove it');
}
