import { configKey } from '../config-metadata.ts';
import { isLayerOfOurs } from '../names/wrappers.ts';
import { quote } from '../quote.ts';
import { describe, describeDictionary } from './describe-pickled.ts';
import type { InputFile } from './input-file.ts';
import { UnknownObject } from './pickle-objects.ts';
import { TensorView } from './tensor-view.ts';
import type { TorchArchive } from './torch-archive.ts';

/** Where checkpoints keep the weights: torchfcn's key and the usual ones. */
const weightKeys = [
  ...['model_state_dict', 'state_dict', 'model', 'net', 'network', 'module', 'weights', 'params'],
  'model_state',
];
/** Where they keep averaged weights, with which timm and Ultralytics predict when there are both. */
const averagedKeys = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'ema',
  'params_ema',
  'ema_model',
  'swa_model',
];
const depthLimit = 8;

export interface StateDict {
  readonly views: Map<string, TensorView>;
  /** Our configuration, where the file is ours. */
  readonly config?: string;
  /** Where the file has weights and their average: which of them these are, in words. */
  readonly chosen?: string;
}

/**
 * The floating-point tensors of a state dict, which may lie in a checkpoint or in a whole module. Whatever else is there
 * is left out: counters, the state of an optimizer, objects of any class. Of weights and their average, the average is taken.
 * @throws FcnError when there are none.
 */
export function findStateDict(archive: TorchArchive, file: InputFile): StateDict {
  let found = dictionaryOf(onlyDictionary(archive.root), archive);
  let chosen: string | undefined;
  for (let depth = 0; found; depth++) {
    const { key, beside }: KeyOfWeights = keyOfWeights(found, archive);
    if (key === undefined) break;
    const others = networksBeside(found, [key, beside], archive);
    if (beside !== undefined) {
      chosen = `got weights (${quote(beside)}) and their average (${quote(String(key))}); using the average`;
    } else if (others.length > 0) {
      chosen =
        `got weights (${quote(String(key))}) and other networks (${others.map(quote).join(', ')}); using ${quote(String(key))}; to use ` +
        `another, save it alone, in PyTorch by ${savingAlone(others[0]!)}`;
    }
    if (depth === depthLimit) throw file.error(0, `got ${quote(String(key))} within itself, ${depth} times`);
    found = dictionaryOf(found.get(key), archive);
  }
  if (!found) throw noWeights(file, describe(archive.root));
  const views = [...found].filter(isFloatingPoint);
  if (views.length === 0) {
    const networks = networksBeside(found, [], archive);
    if (networks.length > 1) {
      const advice = `save the one that you mean, in PyTorch by ${savingAlone(networks[0]!)}`;
      throw file.error(0, `got several networks (${networks.map(quote).join(', ')}), expected one`, advice);
    }
    throw noWeights(file, describeDictionary(found));
  }
  const config = configOf(found, archive);
  return {
    views: new Map(views),
    ...(config !== undefined && { config }),
    ...(chosen !== undefined && { chosen }),
  };
}

type Dictionary = Map<unknown, unknown>;

/** Of what was saved as a tuple or a list, as in `(epoch, model.state_dict())`: the only one that leads to weights. */
function onlyDictionary(root: unknown): unknown {
  if (!Array.isArray(root)) return root;
  const found = root.filter((one) => leadsToLayers(one));
  return found.length === 1 ? found[0] : root;
}

/** Whether a dictionary, or one in it, holds tensors by the names of layers that our networks have. */
function leadsToLayers(value: unknown): boolean {
  return someBelow(value, asDictionary, (entry) => isFloatingPoint(entry) && isLayerOfOurs(entry[0]));
}

function asDictionary(value: unknown): Dictionary | undefined {
  return value instanceof Map ? value : undefined;
}

/** Whether an entry of a dictionary, or of one in it, is of a kind. A pickle may put objects into themselves, and deep. */
function someBelow(
  root: unknown,
  dictionaryOf: (value: unknown) => Dictionary | undefined,
  isOne: (entry: [unknown, unknown]) => boolean,
): boolean {
  const seen = new Set<unknown>();
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (seen.has(value)) continue;
    seen.add(value);
    for (const entry of dictionaryOf(value) ?? []) {
      if (isOne(entry)) return true;
      if (entry[1] instanceof Map) waiting.push(entry[1]);
    }
  }
  return false;
}

/** A dictionary, or the state dict of a whole module. */
function dictionaryOf(value: unknown, archive: TorchArchive): Dictionary | undefined {
  if (!(value instanceof Map)) return undefined;
  if (!(value instanceof UnknownObject) || value.size > 0) return value;
  const state = stateOf(value, archive);
  return state.size > 0 ? state : undefined;
}

/** What module.state_dict() gives: parameters and buffers of a module and those in it (torch/nn/modules/module.py). */
function stateOf(root: UnknownObject, archive: TorchArchive): Dictionary {
  const state: Dictionary = new Map();
  const waiting: [string, unknown][] = [['', root]];
  const seen = new Set<unknown>(); // a pickle may put an object into itself
  const itemsOf = (attributes: Dictionary | undefined, key: string): [unknown, unknown][] => {
    const items = attributes?.get(key);
    if (!(items instanceof Map) || seen.has(items)) return [];
    seen.add(items);
    return [...items];
  };
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [prefix, module] = next;
    const attributes = module instanceof UnknownObject ? archive.attributesOf(module) : undefined;
    for (const kind of ['_parameters', '_buffers']) {
      for (const [name, value] of itemsOf(attributes, kind)) state.set(`${prefix}${name}`, value);
    }
    for (const [name, inner] of itemsOf(attributes, '_modules').reverse()) {
      waiting.push([`${prefix}${name}.`, inner]);
    }
  }
  return state;
}

interface KeyOfWeights {
  readonly key: unknown;
  /** The key of the weights that are not taken. */
  readonly beside?: string;
}

/** Where a dictionary holds another one of weights: under a usual key, or in the only one that holds tensors at all. */
function keyOfWeights(dictionary: Dictionary, archive: TorchArchive): KeyOfWeights {
  // A checkpoint may keep its settings under such a key, as the name of the model.
  const held = (keys: readonly string[]) => keys.filter((key) => dictionaryOf(dictionary.get(key), archive));
  const find = (keys: readonly string[]) =>
    held(keys).find((key) => holdsTensors(dictionary.get(key), archive)) ?? held(keys)[0];
  const [usual, averaged] = [find(weightKeys), find(averagedKeys)];
  if (usual !== undefined && averaged !== undefined) {
    const counts = [usual, averaged].map((key) => tensorsIn(dictionary.get(key), archive));
    // What keeps averages of some tensors only, or as a list, is no network.
    if (counts[0]! > 0 && counts[1]! >= counts[0]!) return { key: averaged, beside: usual };
  }
  if (usual !== undefined || averaged !== undefined) return { key: usual ?? averaged };
  if ([...dictionary].some(isFloatingPoint)) return { key: undefined };
  const holders = [...dictionary].filter(([, value]) => {
    return value instanceof Map && [...value].some(isFloatingPoint);
  });
  const leading =
    holders.length === 1 ? holders : [...dictionary].filter(([, value]) => leadsToLayers(value));
  return { key: leading.length === 1 ? leading[0]![0] : undefined };
}

/** Whether a dictionary, a whole module, or a dictionary in it holds floating-point tensors. */
function holdsTensors(value: unknown, archive: TorchArchive): boolean {
  return someBelow(value, (one) => dictionaryOf(one, archive), isFloatingPoint);
}

/** How many floating-point tensors a dictionary, or a whole module, holds itself. */
function tensorsIn(value: unknown, archive: TorchArchive): number {
  return [...(dictionaryOf(value, archive) ?? [])].filter(isFloatingPoint).length;
}

/** Keys under which optimizers keep what they know of each parameter. */
const ofOptimizer = /optim|moment|grad|exp_avg|velocity|scheduler|scaler/i;

/** Keys under which a dictionary holds networks besides those under `keys`: as a teacher beside its student, or the best one so far. */
function networksBeside(dictionary: Dictionary, keys: readonly unknown[], archive: TorchArchive): string[] {
  const least = Math.max(0, ...keys.map((key) => layersIn(dictionary.get(key), archive))) / 2;
  const isOther = (entry: [unknown, unknown]): entry is [string, unknown] =>
    typeof entry[0] === 'string' && !keys.includes(entry[0]) && !ofOptimizer.test(entry[0]);
  const others = [...dictionary].filter(isOther);
  return others.filter(([, value]) => layersIn(value, archive) > least).map(([key]) => key);
}

/** How many tensors of layers that our networks have lie in a dictionary, and in those in it. */
function layersIn(value: unknown, archive: TorchArchive): number {
  let count = 0;
  someBelow(
    value,
    (one) => dictionaryOf(one, archive),
    (entry) => {
      if (isFloatingPoint(entry) && isLayerOfOurs(entry[0])) count++;
      return false;
    },
  );
  return count;
}

function savingAlone(key: string): string {
  return `torch.save(checkpoint[${quote(key)}], ${quote(`${key.replace(/\W+/g, '_')}.pth`)})`;
}

/** PyTorch keeps the versions of modules in `_metadata` of a state dict, by module; '' is the whole. There we keep ours. */
function configOf(dictionary: Dictionary, archive: TorchArchive): string | undefined {
  const metadata = archive.attributesOf(dictionary)?.get('_metadata');
  const whole = metadata instanceof Map ? metadata.get('') : undefined;
  const config = whole instanceof Map ? whole.get(configKey) : undefined;
  return typeof config === 'string' ? config : undefined;
}

function isFloatingPoint(entry: [unknown, unknown]): entry is [string, TensorView] {
  const [name, value] = entry;
  return typeof name === 'string' && value instanceof TensorView && value.storage.type.float !== undefined;
}

function noWeights(file: InputFile, found: string): Error {
  return file.error(
    0,
    `got ${found}, expected a state dict, or a checkpoint that has one as ${weightKeys.slice(0, 3).join(', ')}`,
    'code in a file is never run: save model.state_dict() with PyTorch',
  );
}
