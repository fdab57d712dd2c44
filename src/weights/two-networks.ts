import { type FcnError, inputError } from '../base/errors.ts';
import { quote } from './quote.ts';

/** What to say of weights that hold two networks, whose names begin with these prefixes: which one is meant, nobody knows. */
export function twoNetworks(what: string, prefixes: readonly [string, string]): FcnError {
  const [first, second] = prefixes.map((prefix) =>
    prefix === '' ? 'names without a prefix' : quote(prefix),
  );
  const one = prefixes.find((prefix) => prefix !== '')!;
  const file = quote(`${one.replace(/\W+/g, '_').replace(/_$/, '')}.pth`);
  return inputError(
    `${what}: got two networks (${first} and ${second}), expected one; save the one that you mean, in PyTorch by ` +
      `torch.save({k[${one.length}:]: v for k, v in weights.items() if k.startswith(${quote(one)})}, ${file})`,
  );
}
