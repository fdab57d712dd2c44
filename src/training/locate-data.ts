import { existsSync } from 'node:fs';
import path from 'node:path';
import { builtinName } from '../weights/builtin.ts';
import type { RunConfig } from './run-config.ts';

/**
 * The SPEC of a run's data set from here: relative paths are those of the folder that the run was started in, wherever it is
 * continued; where nothing is there, they are taken from the working folder.
 */
export function locateData({ data, directory }: Pick<RunConfig, 'data' | 'directory'>): string {
  if (directory === undefined || directory === process.cwd()) return data;
  const there = specFrom(data, directory);
  return pathsOf(there).every((file) => existsSync(file)) || !pathsOf(data).every((file) => existsSync(file))
    ? there
    : data;
}

/** A file that the settings of a run name, from here. */
export function locateFile(file: string, directory: string | undefined): string {
  if (directory === undefined || existsSync(file)) return file;
  return path.resolve(directory, file);
}

/** What a run starts from, from here: a file, `none` or `builtin`. */
export function locateInit({ init, directory }: Pick<RunConfig, 'init' | 'directory'>): string {
  const parts = init.split(',').map((part) => /^([a-z]\w*=)?(.*)$/s.exec(part)!);
  // `STREAM=FILE,STREAM=FILE`
  if (parts.every(([, stream]) => stream !== undefined)) {
    return parts.map(([, stream, file]) => stream + locateInit({ init: file!, directory })).join(',');
  }
  return init === 'none' || init === builtinName ? init : locateFile(init, directory);
}

/** Whether all that a SPEC names is there. */
export function isThere(spec: string): boolean {
  return pathsOf(spec).every((file) => existsSync(file));
}

/** Schemes that name two folders. */
const withTwo = ['voc+sbd', 'pascal-context'];
/** Schemes that may have settings behind a `?`. */
const withQuery = ['nyud', 'siftflow', 'pascal-context'];

/** `scheme:PATH`, `voc+sbd:PATH,PATH`, `nyud:PATH?...`, a path alone, or `shapes:`, which has none. */
export function pathsOf(spec: string): string[] {
  const { scheme, rest } = partsOf(spec);
  if (scheme === 'shapes') return [];
  return withTwo.includes(scheme) ? rest.split(',') : [rest];
}

/** The SPEC with its paths taken from a folder. */
function specFrom(spec: string, directory: string): string {
  const paths = pathsOf(spec);
  if (paths.length === 0) return spec;
  const { scheme, query } = partsOf(spec);
  const resolved = paths.map((file) => path.resolve(directory, file)).join(',');
  return scheme === '' ? resolved : `${scheme}:${resolved}${query}`;
}

/** One letter before a colon is a drive of Windows. */
function partsOf(spec: string): { scheme: string; rest: string; query: string } {
  const [, scheme = '', rest = spec] = /^([a-z][a-z0-9+-]+):(.*)$/s.exec(spec) ?? [];
  const start = withQuery.includes(scheme) ? rest.indexOf('?') : -1;
  return start < 0
    ? { scheme, rest, query: '' }
    : { scheme, rest: rest.slice(0, start), query: rest.slice(start) };
}
