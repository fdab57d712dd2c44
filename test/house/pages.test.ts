import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { doors, engineRooms } from './doors.ts';

const src = path.join(import.meta.dirname, '..', '..', 'src');

describe.each(Object.keys(doors))('src/%s/README.md', (door) => {
  const page = readFileSync(path.join(src, door, 'README.md'), 'utf8');
  const lines = page.trimEnd().split('\n');

  it('is short, and says what to open first', () => {
    expect(lines[0]).toBe(`# ${door}`);
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(lines.filter((line) => /^Open first: `/.test(line))).toHaveLength(1);
  });

  it('says what the door may import, as doors.ts does', () => {
    expect(lines.at(-1)).toBe(`May import: ${named(doors[door]!, 'nothing')}.`);
  });

  it('names places that exist, and every folder', () => {
    const places = [...page.matchAll(/`([\w/-]+(?:\/|\.ts))`/g)].map((match) => match[1]!);
    for (const place of places) {
      const isThere = [path.join(src, door), src].some((folder) => existsSync(path.join(folder, place)));
      expect(isThere, place).toBe(true);
    }
    for (const entry of readdirSync(path.join(src, door), { withFileTypes: true })) {
      if (entry.isDirectory()) expect(places).toContain(`${entry.name}/`);
    }
  });
});

describe('the table in src/engine/README.md', () => {
  it('says what each room may import, as doors.ts does', () => {
    const page = readFileSync(path.join(src, 'engine', 'README.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)\/` \|.*\| (.*) \|$/gm)].map(([, room, rule]) => [room, rule]);
    const rules = Object.entries(engineRooms).map(([room, rule]) => [room, named(rule, '-')]);
    expect(rows).toEqual(rules);
  });
});

function named(places: readonly string[], none: string): string {
  return places.length === 0 ? none : places.map((place) => `\`${place}\``).join(', ');
}
