import { isLayerOfOurs } from '../names/wrappers.ts';
import { quote } from '../quote.ts';
import { UnknownFunction, UnknownObject } from './pickle-objects.ts';
import { TensorView } from './tensor-view.ts';

/** What a file holds instead of a dictionary, for messages. */
export function describe(root: unknown): string {
  if (root instanceof UnknownObject) return quote(root.of);
  return root instanceof UnknownFunction ? quote(root.name) : 'something other than a dictionary';
}

/** A dictionary in which there are no tensors that can be weights: what the layers are instead, or its keys. */
export function describeDictionary(dictionary: ReadonlyMap<unknown, unknown>): string {
  const layer = [...dictionary].find(([key]) => typeof key === 'string' && isLayerOfOurs(key));
  const kind = layer && kindOf(layer[1]);
  if (layer && kind) return `${kind} for ${quote(String(layer[0]))} and other layers, not float tensors`;
  const keys = [...dictionary.keys()].filter((key) => typeof key === 'string').slice(0, 5);
  return `a dictionary without floating-point tensors (keys ${keys.map(quote).join(', ') || 'none'})`;
}

function kindOf(value: unknown): string | undefined {
  if (value instanceof TensorView) return 'tensors of integers or complex numbers';
  if (!(value instanceof UnknownObject)) return undefined;
  if (/^numpy\b/.test(value.of)) return 'NumPy arrays';
  const [, special] = /_rebuild_(qtensor|sparse)/.exec(value.of) ?? [];
  if (special) return special === 'qtensor' ? 'quantized tensors' : 'sparse tensors';
  return quote(value.of);
}
