import type { CommanderError } from 'commander';
import { type FcnError, inputError } from '../base/errors.ts';

/** Commander's messages, and what they are in our form: `WHAT: got X, expected Y`. */
const forms: readonly (readonly [RegExp, string])[] = [
  [
    /^option '(\S+).*?' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s,
    "$1: got '$2', expected one of $3",
  ],
  [/^option '(\S+).*?' argument '(.*)' is invalid\. (.*)$/s, "$1: got '$2', $3"],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/s,
    "<$2>: got '$1', expected one of $3",
  ],
  [/^option '(\S+) (.*)' argument missing$/, '$1: got nothing, expected $2'],
  [/^required option '(\S+) (.*)' not specified$/, '$1: got nothing, expected $2'],
  [/^missing required argument '(.*)'$/, '<$1>: got nothing, expected a value'],
  [/^unknown option '(.*?)'/s, "option: got '$1', expected an option of this command"],
  [/^unknown command '(.*?)'/s, "command: got '$1', expected one of the commands"],
  [
    /^too many arguments for '(.*)'\. Expected (\d+) .* but got (\d+).*$/s,
    'arguments of $1: got $3, expected $2',
  ],
];

/** What other trainers call an option of ours, or why there is none. */
const elsewhere: Readonly<Record<string, string>> = {
  '--lr': '--learning-rate',
  '--lr0': '--learning-rate',
  '--learning_rate': '--learning-rate',
  '--batch': '--batch-size',
  '--batch_size': '--batch-size',
  '--bs': '--batch-size',
  '--img-size': '--resize HxW',
  '--image-size': '--resize HxW',
  '--imgsz': '--resize HxW',
  '--size': '--resize HxW',
  '--crop-size': '--crop HxW',
  '--wd': '--weight-decay',
  '--epoch': '--epochs',
  '--workers': '--threads',
  '--num-workers': '--threads',
  '--pretrained': '--init FILE',
  '--checkpoint': '--init FILE, or --resume',
  '--loss-function': '--objective',
  '--criterion': '--objective',
  '--gpu': '--device webgpu',
  '--gpus': '--device webgpu',
  '--cuda': '--device cuda',
  '--no-cuda': '--device cpu',
  '--output': '--out',
  '--output-dir': '--out',
  '--model-path': '--weights',
};

/** What is wrong with a command line. `command` is the command whose help tells how it is right. */
export function usageError({ message }: CommanderError, command: string): FcnError {
  const [, text, suggestion] = /^(?:error: )?(.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(message)!;
  const form = forms.find(([pattern]) => pattern.test(text!));
  const what = form ? text!.replace(...form) : text;
  const [, option = ''] = /^unknown option '([^'=]+)/.exec(text!) ?? [];
  const known = Object.hasOwn(elsewhere, option) ? elsewhere[option] : undefined;
  if (known) return inputError(`${what}; did you mean ${known}? See ${command} --help`);
  return inputError(`${what}; ${suggestion ? `did you mean ${suggestion}? See` : 'see'} ${command} --help`);
}
