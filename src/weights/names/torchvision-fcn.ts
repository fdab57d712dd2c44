import { type ModelName, partsOf } from '../../networks/model-names.ts';
import { fcnLayers } from './torchvision.ts';

const theirLayers = new Map([...fcnLayers].map(([theirs, ours]) => [ours, theirs]));

/** Tensors of a network that torchvision has, too, by its names, so that its module loads them; of others by ours. */
export function asInTorchvision<T>(
  model: ModelName,
  tensors: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  if (partsOf(model).head !== 'fcn') return tensors;
  return renamed(tensors, (layer) => theirLayers.get(layer) ?? `backbone.${layer}`);
}

/** The inverse. */
export function fromTorchvision<T>(model: ModelName, tensors: ReadonlyMap<string, T>): Map<string, T> {
  if (partsOf(model).head !== 'fcn') return new Map(tensors);
  return renamed(tensors, (layer) => fcnLayers.get(layer) ?? layer.replace(/^backbone\./, ''));
}

function renamed<T>(tensors: ReadonlyMap<string, T>, nameOf: (layer: string) => string): Map<string, T> {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const dot = name.lastIndexOf('.');
      return [nameOf(name.slice(0, dot)) + name.slice(dot), tensor];
    }),
  );
}
