/** Characters that a tensor takes in a header at least: `"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]}`. */
const leastOfTensor = 40;
/** Names in a tensor's description, and the tensor's own: four, and some that later versions may add. */
const mostNames = 8;
/** Tensors and names that any header may have, metadata for example. */
const always = 10_000;

/**
 * Looks at the text of a header before it is parsed: objects with very many short names take a hundred times its memory.
 * @throws SyntaxError for a text that describes hardly any tensors with all its names
 */
export function checkDensity(text: string): void {
  let [objects, names] = [0, 0];
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) inString = !inString;
    else if (inString && code === backslash) i++;
    else if (!inString && code === brace) objects++;
    else if (!inString && code === colon) names++;
  }
  if (objects <= always + text.length / leastOfTensor && names <= always + mostNames * objects) return;
  throw new SyntaxError(`got ${names} names in ${objects} objects, which describe no tensors`);
}

const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7b;
const colon = 0x3a;
