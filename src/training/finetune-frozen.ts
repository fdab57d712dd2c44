import type { ModelName } from '../networks/model-names.ts';
import { type Asked, asAsked, type Choice, type Chosen, type FinetuneFacts, shown } from './finetune.ts';
import { hasNewHead } from './finetune-rates.ts';
import type { Recipe } from './recipes.ts';

/**
 * MobileNetV2's layers at a half and a quarter of the image's size: what they have learned of photographs suits most images, and
 * without their gradients an update takes little more than half of the time (docs/finetune.md).
 */
const firstLayers = ['conv1', 'block1_*', 'block2_*', 'block3_*'];

/** Images from which on their size matters more than that all layers learn. */
const enough = 100;

/**
 * The layers that stay as they are: the first ones, where time limits the size of images. Larger images then gain more than
 * learning these layers does. Where the user says how large images are or how long the run is, all layers learn.
 * @param limits whether more time would make whole images larger
 */
export function chooseFrozen(
  { images, first, isOfColors = true }: Pick<FinetuneFacts, 'images' | 'first' | 'isOfColors'>,
  { overrides: { frozen, trainSize, duration } }: Asked,
  model: ModelName,
  limits: boolean,
): Chosen<Partial<Pick<Recipe, 'frozen'>>> {
  if (frozen) return { values: {}, choices: frozen.length > 0 ? [rowOf(frozen, asAsked)] : [] };
  const isOpen = trainSize === undefined && duration === undefined;
  if (!(limits && isOpen && isOfColors && images >= enough && hasNewHead(first, model))) {
    return { values: {}, choices: [] };
  }
  const reason = 'the time that they would take to learn is better spent on larger images';
  return { values: { frozen: firstLayers }, choices: [rowOf(firstLayers, reason)] };
}

function rowOf(frozen: readonly string[], reason: string): Choice {
  return { setting: 'frozen', value: shown(frozen), reason };
}
