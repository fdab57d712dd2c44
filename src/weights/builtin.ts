/** The weights file that comes with the package: none yet, so that networks start from `--init` or from random weights. */
export function builtinWeights(): string | undefined {
  return undefined;
}
