/**
 * The place of a name that a place lies in, or is: `color/center` for `center` and `color/center/stage1`, as a part of a network may be
 * there several times, each in a place of its own.
 * @returns undefined where it lies in none
 */
export function placeCalled(name: string, place: string): string | undefined {
  const at = `/${place}/`.indexOf(`/${name}/`);
  return at < 0 ? undefined : place.slice(0, at + name.length);
}
