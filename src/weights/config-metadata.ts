import { inputError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { type ModelConfig, modelConfigSchema } from '../networks/model-config.ts';

/** The key of our configuration in the metadata of a safetensors file; its value is a JSON string. */
export const configKey = 'fcn';

/**
 * The configuration by its text in the metadata.
 * @param what names the file in messages.
 * @throws FcnError when it is no configuration.
 */
export function parseConfig(text: string, what: string): ModelConfig {
  const where = `${what}: metadata key ${configKey}`;
  const config = parseJson(modelConfigSchema, text, where);
  const { classes, numClasses, heads } = config;
  if (classes.length !== numClasses) {
    throw inputError(`${where}: got ${classes.length} class names, expected numClasses, ${numClasses}`);
  }
  if (heads) {
    const names = heads.map(({ name }) => name);
    if (new Set(names).size < names.length || heads[0]?.classes.join('\n') !== classes.join('\n')) {
      throw inputError(
        `${where}: got the heads '${names.join(', ')}', expected different names, and the file's classes in the first`,
      );
    }
  }
  return config;
}
