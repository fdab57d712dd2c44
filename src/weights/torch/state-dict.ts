import { quote } from '../quote.ts';
import type { InputFile } from './input-file.ts';
import { TensorView } from './tensor-view.ts';

/** Where checkpoints keep the weights: torchfcn's key, and the usual ones. */
const weightKeys = ['model_state_dict', 'state_dict', 'model'];
const depthLimit = 8;
/** What torch.nn.DataParallel puts before every name. */
const parallelPrefix = 'module.';

/**
 * The floating-point tensors of a state dict, which may lie in a checkpoint. Counters and the state of an optimizer are
 * left out.
 * @throws FcnError when there are none.
 */
export function findStateDict(root: unknown, file: InputFile): Map<string, TensorView> {
  let found = root;
  for (let depth = 0; found instanceof Map; depth++) {
    const dictionary: Map<unknown, unknown> = found;
    const key = weightKeys.find((candidate) => dictionary.get(candidate) instanceof Map);
    if (key === undefined) break;
    if (depth === depthLimit) throw file.error(0, `got ${quote(key)} within itself, ${depth} times`);
    found = dictionary.get(key);
  }
  if (!(found instanceof Map)) throw noWeights(file, 'something other than a dictionary');
  const views = [...(found as Map<unknown, unknown>)].filter(isFloatingPoint);
  if (views.length === 0) {
    const keys = [...found.keys()].filter((key) => typeof key === 'string').slice(0, 5);
    throw noWeights(
      file,
      `a dictionary without floating-point tensors (keys ${keys.map(quote).join(', ') || 'none'})`,
    );
  }
  const isParallel = views.every(([name]) => name.startsWith(parallelPrefix));
  return new Map(isParallel ? views.map(([name, view]) => [name.slice(parallelPrefix.length), view]) : views);
}

function isFloatingPoint(entry: [unknown, unknown]): entry is [string, TensorView] {
  const [name, value] = entry;
  return typeof name === 'string' && value instanceof TensorView && value.storage.type.float !== undefined;
}

function noWeights(file: InputFile, found: string): Error {
  return file.error(
    0,
    `got ${found}, expected a state dict, or a checkpoint that has one as ${weightKeys.join(', ')}`,
    'save model.state_dict() with PyTorch',
  );
}
