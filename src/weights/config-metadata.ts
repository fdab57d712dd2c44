import { type ModelConfig, modelConfigSchema } from '../config/model-config.ts';
import { inputError, reasonOf } from '../errors.ts';

/** The key of our configuration in the metadata of a safetensors file; its value is a JSON string. */
export const configKey = 'fcn';

/**
 * The configuration by its text in the metadata.
 * @param what names the file in messages.
 * @throws FcnError when it is no configuration.
 */
export function parseConfig(text: string, what: string): ModelConfig {
  const wrong = (detail: string, cause?: unknown) =>
    inputError(`${what}: metadata key ${configKey}: ${detail}; write the file again with fcn convert`, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw wrong(`not JSON (${reasonOf(thrown)})`, thrown);
  }
  const result = modelConfigSchema.safeParse(value);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw wrong([...path.map(String), message].join(': '));
  }
  const { classes, numClasses } = result.data;
  if (classes.length !== numClasses) {
    throw wrong(`got ${classes.length} class names, expected numClasses, ${numClasses}`);
  }
  return result.data;
}
