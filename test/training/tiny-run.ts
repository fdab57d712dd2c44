import { type PreparedRun, prepareRun, type RunSettings } from '../../src/training/prepare.ts';
import type { Recipe } from '../../src/training/recipes.ts';
import { RunFolder } from '../../src/training/run-folder.ts';
import { temporaryFolder } from '../cli/fcn.ts';

/**
 * A run that takes a second: a very narrow FCN-32s on AlexNet, which ONNX Runtime prepares in a third of the time of VGG-16, on small
 * generated images, with everything random switched on.
 */
export async function tinyRun(
  overrides: Partial<Recipe> = {},
  settings: Partial<RunSettings> = {},
): Promise<{ run: RunFolder; prepared: PreparedRun }> {
  const prepared = await prepareRun({
    ...{ command: 'test', data: 'shapes:?train=5&val=2&size=32', trainSplit: 'train', valSplit: 'val' },
    ...{
      model: 'fcn32s-alexnet',
      width: 1 / 16,
      init: 'none',
      recipe: 'classic',
      order: 'shuffled',
      seed: 1,
      threads: 1,
    },
    ...{ validateEvery: 4, checkpointEvery: 3 },
    ...settings,
    overrides: {
      duration: { iterations: 10 },
      learningRate: 1e-3,
      trainSize: { mode: 'crop', height: 24, width: 30 },
      valSize: { mode: 'native' },
      augment: ['flip', 'scale'],
      ...overrides,
    },
  });
  const run = new RunFolder(await temporaryFolder());
  await run.create(prepared.config);
  return { run, prepared };
}
