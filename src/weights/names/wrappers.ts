/** What wrappers of modules and training programs put before the names of a network's tensors, each with a dot behind. */
const wrappers = new Set([
  ...['module', '_orig_mod', '_fsdp_wrapped_module', '_checkpoint_wrapped_module', '_forward_module'], // PyTorch, DeepSpeed
  ...[
    'model',
    'net',
    'network',
    'backbone',
    'encoder',
    'base',
    'base_model',
    'wrapped',
    'wrapped_model',
    'inner',
  ],
  ...['fcn', 'segmenter', 'segmentor', 'student', 'generator', 'pretrained', 'vgg', 'state_dict'],
  ...['ema', 'ema_model', 'model_ema', 'averaged_model'],
]);

/** How the layers of our networks begin, by us, Caffe, torchvision, timm and TensorFlow. */
const layer =
  /(?:^|\.)(?=conv\d|fc\d|score|(up|big)score|upsample|scale_pool|fire\d|inception_\d|loss\d\/|block\d|features\.\d|classifier\.\d|pre_logits\.|head\.fc\.|layer[1-4]\.\d|bn1\.|fc\.|aux_classifier\.\d|head_(?:conv|bn)\.|aux_(?:conv|bn)\.|MobilenetV2\/)/;

export interface Unwrapped<T> {
  readonly tensors: Map<string, T>;
  /** Names of tensors that are not of the wrapped network: those of a loss function, say. */
  readonly outside: readonly string[];
}

/**
 * Removes what wrappers have put before the names of a network: `module.`, `model._orig_mod.`, mixed and nested, and any
 * other prefix if all layers have the same. Names of other networks are left as they are.
 * @returns undefined if two names would become one, as when a network and its average are in one file
 */
export function unwrapNames<T>(tensors: ReadonlyMap<string, T>): Unwrapped<T> | undefined {
  const prefixes = new Set([...tensors.keys()].map(prefixOfLayer).filter((prefix) => prefix !== undefined));
  const areWrappers = [...prefixes].every((prefix) =>
    prefix
      .split('.')
      .slice(0, -1)
      .every((part) => wrappers.has(part)),
  );
  if (prefixes.size === 0 || (!areWrappers && prefixes.size > 1))
    return { tensors: new Map(tensors), outside: [] };
  const longestFirst = [...prefixes].sort((a, b) => b.length - a.length);
  const unwrapped = new Map<string, T>();
  const outside: string[] = [];
  for (const [name, tensor] of tensors) {
    const prefix = prefixOfLayer(name) ?? longestFirst.find((candidate) => name.startsWith(candidate));
    if (prefix === undefined || (prefix === '' && isOfLoss(name))) {
      outside.push(name);
      continue;
    }
    const own = name.slice(prefix.length);
    if (unwrapped.has(own)) return undefined;
    unwrapped.set(own, tensor);
  }
  return { tensors: unwrapped, outside };
}

/**
 * The prefixes of two networks in one file, as of a student and its teacher: behind them, names are the same.
 * @returns undefined if there is only one
 */
export function prefixesOfTwo(names: Iterable<string>): readonly [string, string] | undefined {
  const prefixes = new Map<string, string>();
  for (const name of names) {
    const prefix = prefixOfLayer(name);
    if (prefix === undefined) continue;
    const own = name.slice(prefix.length);
    const other = prefixes.get(own);
    if (other !== undefined && other !== prefix) return [other, prefix];
    prefixes.set(own, prefix);
  }
  return undefined;
}

/** Whether a tensor is that of a layer which our networks have, by whatever tool and in whatever wrapper. */
export function isLayerOfOurs(name: string): boolean {
  return prefixOfLayer(name) !== undefined;
}

/** What stands before the layer in the name of a tensor; undefined if that is none of our networks' layers. */
function prefixOfLayer(name: string): string | undefined {
  const match = layer.exec(name);
  return match ? name.slice(0, match.index + match[0].length) : undefined;
}

function isOfLoss(name: string): boolean {
  return /^(criterion|loss|loss_fn|metrics?)\./.test(name);
}
