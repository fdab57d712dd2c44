import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../base/errors.ts';
import { causeOf, isStandardOutput } from '../base/files.ts';
import { filesBelow } from '../base/files-below.ts';
import { identityOf, lookAt } from '../base/look.ts';
import { missingDownTo } from '../base/own-folders.ts';
import { isTemporary } from '../base/temporary-files.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { pathsOf } from '../training/locate-data.ts';
import type { IsEarlier } from './earlier-results.ts';

/** A file that a command is going to write. */
export interface Output {
  /** The option that names it, or its folder: `--json`. */
  readonly option: string;
  /** Undefined where it is not asked for. */
  readonly file: string | undefined;
  readonly isEarlier: IsEarlier;
}

/** What a command reads: the files, and data sets with their SPEC. */
export interface Inputs {
  readonly files?: readonly (string | undefined)[];
  readonly data?: { readonly spec: string; readonly splits: readonly Dataset[] };
}

/**
 * Checks that what a command is going to write replaces nothing of anybody's: no file that it reads, by whatever name;
 * and no other file but an earlier result of the same kind, unless that is wished. An empty file holds nothing to lose. Pipes and
 * devices are written to as they are.
 * @param force whether other files may be replaced; those that are read never are
 * @throws FcnError (exit code 2) naming the option and the file; nothing has been written then
 */
export function checkOutputs(
  outputs: readonly Output[],
  { inputs = {}, force = false }: { inputs?: Inputs | undefined; force?: boolean | undefined },
): void {
  const named = outputs.filter((output) => output.file !== undefined) as (Output & { file: string })[];
  const written = named.filter(({ file }) => !isStandardOutput(file));
  checkDistinct(written);
  checkFolders(written);
  const present = written.filter(({ file }) => lookAt(file)?.isFile() || lookAt(file)?.isDirectory());
  if (present.length === 0) return;
  const read = new Map([...filesOf(inputs)].reverse().map((file) => [identityOf(file), file]));
  read.delete(undefined); // those that are made, or are not there
  const folders = (inputs.data ? pathsOf(inputs.data.spec) : []).filter((root) => lookAt(root));
  for (const { option, file, isEarlier } of present) {
    const found = lookAt(file)!;
    if (found.isDirectory())
      throw inputError(`${option}: got ${file}, which is a folder, expected a file; choose another name`);
    const input = read.get(identityOf(file));
    if (input !== undefined) {
      const same = input === file ? '' : ` as ${input}`;
      throw inputError(
        `${option}: got ${file}, which this command also reads${same}, expected another file; choose another name`,
      );
    }
    if (found.size === 0 || isEarlier(file)) continue;
    const root = folders.find((folder) => isWithin(folder, file) || hasLinkTo(folder, file));
    if (root !== undefined) {
      throw inputError(
        `${option}: got ${file}, which exists and belongs to the data in ${root}, expected a new file; choose another name`,
      );
    }
    if (force) continue;
    throw inputError(
      `${option}: got ${file}, which exists and was not written by this command, expected a new file; choose another ` +
        'name, or add --force to overwrite it',
    );
  }
}

/**
 * Checks that a folder that is going to be filled is new or empty, unless it is wished that files in it are replaced.
 * @throws FcnError (exit code 2), also where data that are read lie in it
 */
export function checkNewFolder(
  folder: string,
  { inputs = {}, force = false }: { inputs?: Inputs | undefined; force?: boolean | undefined },
): void {
  const found = lookAt(folder);
  if (!found) return;
  if (!found.isDirectory())
    throw inputError(`--out: got ${folder}, which is a file, expected a folder; choose another name`);
  if (namesIn(folder).length === 0) return;
  const roots = inputs.data ? pathsOf(inputs.data.spec) : [];
  const input = [...roots, ...filesOf(inputs)].find((file) => lookAt(file) && isWithin(folder, file));
  if (input !== undefined) {
    throw inputError(
      `--out: got the folder ${folder}, which overlaps with the input ${input}, expected another folder; choose a new one`,
    );
  }
  if (force) return;
  throw inputError(
    `--out: got the folder ${folder}, which is not empty, expected a new one; choose another name, or add --force to ` +
      'replace files with the same names',
  );
}

function namesIn(folder: string): string[] {
  try {
    // What a killed process has left there half is removed by the one that writes there next.
    return readdirSync(folder).filter((name) => !isTemporary(name));
  } catch (thrown) {
    throw inputError(`--out: cannot look into ${folder}: ${causeOf(thrown)}; choose another folder`, thrown);
  }
}

/** @throws FcnError where two of them are one file */
function checkDistinct(outputs: readonly (Output & { file: string })[]): void {
  const taken = new Map<string, Output & { file: string }>();
  for (const output of outputs) {
    const found = lookAt(output.file);
    if (found && !found.isFile()) continue;
    const key = identityOf(output.file) ?? resolved(output.file);
    const other = taken.get(key);
    if (other) {
      const options = [...new Set([other.option, output.option])].join(' and ');
      throw inputError(
        `${options}: got ${other.file} and ${output.file}, which are the same file, expected two; choose other names`,
      );
    }
    taken.set(key, output);
  }
}

/** @throws FcnError where the folder of a file cannot be written to, or not be made: before work begins that would be lost */
function checkFolders(outputs: readonly (Output & { file: string })[]): void {
  const known = new Set<string>();
  for (const { option, file } of outputs) {
    const folder = path.dirname(path.resolve(file));
    if (known.has(folder) || isSpecial(file)) continue;
    known.add(folder);
    const [outermost] = missingDownTo(folder);
    const above = outermost === undefined ? folder : path.dirname(outermost);
    const problem = lookAt(above)?.isFile() ? 'it is not a folder' : whyNotWritable(above);
    if (problem === undefined) continue;
    throw inputError(
      `${option}: got ${file}, expected a place that can be written to; ${above}: ${problem}; choose another folder`,
    );
  }
}

/** A pipe or a device, which is written to where it is. */
function isSpecial(file: string): boolean {
  const found = lookAt(file);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function whyNotWritable(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (thrown) {
    return causeOf(thrown);
  }
}

function* filesOf({ files = [], data }: Inputs): Generator<string> {
  for (const file of files) if (file !== undefined) yield file;
  for (const split of data?.splits ?? []) {
    for (const index of split.ids.keys()) {
      yield split.imageSource(index);
      yield* split.otherImageFiles?.(index) ?? [];
      yield* split.labelFiles?.(index) ?? [];
    }
  }
}

/** Whether a file has another name below a folder: a hard link, which takes a look at all that is there to find. */
function hasLinkTo(folder: string, file: string): boolean {
  if (lookAt(file)!.nlink === 1 || !lookAt(folder)!.isDirectory()) return false;
  return filesBelow(folder, 'data folder').some(
    (name) => identityOf(path.join(folder, name)) === identityOf(file),
  );
}

/** Whether a file is a folder or lies in it, through all links. */
function isWithin(folder: string, file: string): boolean {
  const way = path.relative(resolved(folder), resolved(file));
  return way === '' || !(way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way));
}

/** The path without links, as far as it exists. */
function resolved(file: string): string {
  const whole = path.resolve(file);
  if (lookAt(whole)) return realpathSync.native(whole);
  const above = path.dirname(whole);
  return above === whole ? whole : path.join(resolved(above), path.basename(whole));
}
