import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { sizeOf } from '../../base/tensor.ts';
import { isOfColors } from '../../data/input-config.ts';
import { parametersOf } from '../../networks/parameters.ts';
import { asModel } from '../../weights/as-model.ts';
import { configKey } from '../../weights/config-metadata.ts';
import type { Model } from '../../weights/model.ts';
import { parseSafetensors, safetensorsParts } from '../../weights/safetensors/safetensors-bytes.ts';
import { safetensorsSource } from '../../weights/safetensors/safetensors-source.ts';

/** Weights, momentum and their copies in WebAssembly must fit into its 4 GiB, and steps should not take minutes. */
const mostParameters = 30e6;

/**
 * The network of a file; of several heads only the first, as pages draw one label for each pixel.
 * @throws FcnError naming the file when it holds no network that can be trained here.
 */
export function readModel(bytes: Uint8Array, name: string): Model {
  const model = asModel(safetensorsSource(parseSafetensors(bytes, name), name));
  if (!('config' in model)) {
    throw inputError(
      `weights ${name}: got a classifier without scores, expected an FCN; choose weights made by fcn train or by ` +
        'this page',
    );
  }
  const { config, weights } = model;
  if (!isOfColors(config.input)) {
    throw inputError(
      `weights ${name}: got a network for ${counted(config.input.channels.length, 'channel')}, expected one for RGB images; train it with fcn train --init`,
    );
  }
  const parameters = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (parameters > mostParameters) {
    throw inputError(
      `weights ${name}: got ${(parameters / 1e6).toFixed(0)} million parameters, expected at most ` +
        `${mostParameters / 1e6} million in a page; train it with fcn train --init`,
    );
  }
  return withFirstHead({ config, weights });
}

function withFirstHead({ config, weights }: Model): Model {
  const { heads, ...own } = config;
  if (!heads) return { config, weights };
  const kept = parametersOf(own).map(({ name }) => [name, weights.get(name)!] as const);
  return { config: own, weights: new Map(kept) };
}

/** A weights file, as `fcn train` writes it. */
export function writeModel({ config, weights }: Model): Uint8Array {
  const parts = safetensorsParts(weights, { [configKey]: JSON.stringify(config) });
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
