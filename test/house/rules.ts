import { isBuiltin } from 'node:module';
import { browserFolders, doors, engineRooms, nodePackages } from './doors.ts';
import { type Import, isFile } from './imports.ts';

/** The imports that no list of doors.ts allows, each as `from -> to`. */
export function wrongWays(imports: readonly Import[]): string[] {
  return imports.filter(({ from, to }) => isFile(to) && !mayImport(from, to)).map(show);
}

function mayImport(from: string, to: string): boolean {
  // The page may use whatever runs in a browser; nothing imports the page.
  if (from.startsWith('web/')) return true;
  if (to.startsWith('web/')) return false;
  const [, door = '', room = ''] = from.split('/');
  const [, otherDoor, otherRoom] = to.split('/');
  const path = to.slice('src/'.length);
  if (door !== otherDoor) return isIn(path, doors[door] ?? []);
  if (door !== 'engine' || room === otherRoom) return true;
  // What stands in no room is what `fcn/engine` gives to programs: it sees every room, and none sees it.
  if (room.endsWith('.ts')) return true;
  return isIn(path.slice('engine/'.length), engineRooms[room] ?? []);
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}

/** Circles of files, types included: one of each that a walk meets, as the files on the way round. */
export function circles(imports: readonly Import[]): string[][] {
  const next = targets(imports);
  const found: string[][] = [];
  const finished = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file);
    if (start >= 0) found.push([...way.slice(start), file]);
    if (start >= 0 || finished.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

/**
 * The ways on which code for browsers reaches Node or native code, each as `from -> ... -> package`. Types are gone by
 * then.
 */
export function waysToNode(imports: readonly Import[]): string[] {
  const running = imports.filter(({ isType }) => !isType);
  const next = targets(running);
  const cameFrom = new Map<string, string | undefined>();
  const waiting = [...next.keys()].filter((file) => browserFolders.some((folder) => file.startsWith(folder)));
  for (const file of waiting) cameFrom.set(file, undefined);
  for (const file of waiting) {
    for (const target of next.get(file) ?? []) {
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, file);
      waiting.push(target);
    }
  }
  return waiting.filter(needsNode).map((end) => {
    const way = [end];
    for (let file = cameFrom.get(end); file !== undefined; file = cameFrom.get(file)) way.unshift(file);
    return way.join(' -> ');
  });
}

function needsNode(imported: string): boolean {
  return isBuiltin(imported) || isIn(imported, nodePackages);
}

function targets(imports: readonly Import[]): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  return next;
}

function show({ from, to }: Import): string {
  return `${from} -> ${to}`;
}
