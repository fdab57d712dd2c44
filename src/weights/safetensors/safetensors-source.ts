import { inputError } from '../../base/errors.ts';
import type { Tensor } from '../../base/tensor.ts';
import { configKey, parseConfig } from '../config-metadata.ts';
import { isLayerOfOurs } from '../names/wrappers.ts';
import { quote } from '../quote.ts';
import type { WeightSource } from '../source.ts';
import { type Safetensors, unreadType } from './safetensors-header.ts';

/**
 * The tensors of a safetensors file with our configuration, if it carries one. What is no float32 (counters), or of a type
 * that we do not read, is left out unless it belongs to a layer.
 * @throws FcnError naming the file when the configuration is none, or the file is ours and holds other types.
 */
export function safetensorsSource({ tensors, unread, metadata }: Safetensors, file: string): WeightSource {
  const needed = [...unread].find(([name]) => isLayerOfOurs(name) || tensors.size === 0);
  if (needed) throw unreadType(file, ...needed);
  const floats = new Map([...tensors].filter(isFloat32));
  const text = metadata[configKey];
  // Without our configuration it was some PyTorch program that wrote it.
  if (text === undefined) return { file, origin: 'pytorch', tensors: floats };
  const other = [...tensors].find((entry) => !isFloat32(entry));
  if (other) throw otherType(file, ...other);
  return { file, origin: 'fcn', tensors: floats, config: parseConfig(text, `weights ${file}`) };
}

/** Our own files hold parameters and nothing else. */
function otherType(file: string, name: string, { dtype, shape }: Tensor): Error {
  return inputError(
    `weights ${file}: got ${quote(name)} ${dtype} [${shape.join(', ')}], expected float32; convert it with the tool ` +
      'that made it',
  );
}

function isFloat32(entry: [string, Tensor]): entry is [string, Tensor<'float32'>] {
  return entry[1].dtype === 'float32';
}
