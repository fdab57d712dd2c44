import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readClassList } from '../../../src/data/datasets/class-list.ts';
import { vocClasses } from '../../../src/data/datasets/voc-classes.ts';
import { temporaryFolder } from '../helpers.ts';

async function read(text: string) {
  const file = path.join(await temporaryFolder(), 'classes.txt');
  await writeFile(file, text);
  return readClassList(file);
}

/** Names, values by which masks are read, and colors, as far as they are given. */
async function meaningOf(text: string) {
  const { classes, meaning } = await read(text);
  const values = [...meaning.byValue.entries()].filter(([, label]) => label >= 0);
  const colors = meaning.byColor && [...meaning.byColor].map(([color, label]) => [color.toString(16), label]);
  return { classes, values: Object.fromEntries(values), colors: colors && Object.fromEntries(colors) };
}

const plain = { classes: ['ground', 'road'], values: { 0: 0, 1: 1, 255: 255 }, colors: undefined };
const border = { e0e0c0: 255 };

describe('a list of classes', () => {
  it('names them in the order of their numbers, with values where masks have others', async () => {
    expect(await meaningOf('ground\nroad\n')).toEqual(plain);
    expect((await read('ground\nroad\n')).meaning.givesValues).toBe(false);
    const binary = { ...plain, values: { 0: 0, 255: 1 } };
    expect(await meaningOf('ground\nroad 255\n')).toEqual(binary);
    expect((await read('ground\nroad 255\n')).meaning.givesValues).toBe(true);
    expect((await meaningOf('a 0\nb 128\nc 255')).values).toEqual({ 0: 0, 128: 1, 255: 2 });
    expect(await meaningOf('road 7\nvoid 0\nground 3\n')).toEqual({
      classes: ['road', 'ground'],
      values: { 7: 0, 0: 255, 3: 1, 255: 255 },
      colors: undefined,
    });
  });

  it('takes the line of void for its value, where it has none', async () => {
    expect((await meaningOf('void\nground\nroad\n')).values).toEqual({ 0: 255, 1: 0, 2: 1, 255: 255 });
    expect((await meaningOf('ground\nroad\nVoid\n')).values).toEqual({ 0: 0, 1: 1, 2: 255, 255: 255 });
  });

  it("knows VOC's own, also with void behind them", async () => {
    for (const text of [vocClasses.join('\n'), `${vocClasses.join('\n')}\nvoid\n`]) {
      expect((await read(text)).meaning).toMatchObject({ isVoc: true, givesValues: false, numClasses: 21 });
    }
    expect((await read(['void', ...vocClasses].join('\n'))).meaning.isVoc).toBe(false);
    expect((await read('ground\nroad\n')).meaning.isVoc).toBe(false);
  });

  it('gives colors, and values where all of them are gray', async () => {
    expect(await meaningOf('ground 1 2 3\nroad 16 32 48\nvoid 0 0 0')).toEqual({
      ...plain,
      colors: { 10203: 0, 102030: 1, 0: 255, ...border },
    });
    expect((await meaningOf('ground 0 0 0\nroad 255 255 255\n')).values).toEqual({ 0: 0, 255: 1 });
  });

  const colored = { ...plain, colors: { 10203: 0, 102030: 1, ...border } };
  it.each([
    ['name,r,g,b\nground,1,2,3\nroad,16,32,48\n'],
    ['r g b name\n1 2 3 ground\n16 32 48 road\n'],
    ['Name;B;G;R\nground;3;2;1\nroad;48;32;16'],
    ['# colors\r\nground, 1, 2, 3\r\n# the street\r\nroad, 16, 32, 48\r\n'],
    ['1 2 3\tground\r16 32 48\troad\r'],
    ['ground\t1\t2\t3\nroad\t16\t32\t48'],
    ['ground (1, 2, 3)\nroad [16,32,48]'],
    ['ground #010203\nroad #102030'],
    ['ground:1,2,3::\nroad:16,32,48::\n'],
    ['"ground",1,2,3,,\n"road",16,32,48,,\n'],
    ['ground 1 2 3 # brown\nroad 16 32 48 // gray'],
    ['0,ground,1,2,3\n1,road,16,32,48\n'],
    ['(1, 2, 3): ground\n(16, 32, 48): road\n'],
  ])('reads colors in the notation of other tools: %j', async (text) => {
    expect(await meaningOf(text)).toEqual(colored);
  });

  it.each([
    ['0: ground\n1: road'],
    ['0 ground\n1 road'],
    ['Pixel Value, Class\n0, ground\n1, road\n'],
    ['id,name\n1,road\n0,ground\n'],
    ['ground = 0\nroad = 1'],
    ['ground -> 0\nroad => 1'],
    ['ground,0\nroad,1'],
  ])('reads values in the notation of other tools: %j', async (text) => {
    const { classes, values } = await meaningOf(text);
    expect(new Set(classes)).toEqual(new Set(plain.classes));
    expect(values).toEqual({ 0: classes.indexOf('ground'), 1: classes.indexOf('road'), 255: 255 });
  });

  it.each(['- ground\n- road\n', '* ground\r\n* road'])('reads lists with bullets: %j', async (text) => {
    expect((await read(text)).classes).toEqual(['ground', 'road']);
  });

  it('keeps names with commas, spaces and numbers of their own', async () => {
    expect((await read('table, chair\n2 wheeler\n"Level 5"\ntraffic light\n')).classes).toEqual([
      'table, chair',
      '2 wheeler',
      'Level 5',
      'traffic light',
    ]);
  });

  it.each([
    ['0, 0, 0\n255, 255, 255\n', /line 1: got '0, 0, 0', which is only numbers, expected a name/],
    ['ground\n12\n', /line 2: got '12', which is only numbers/],
    ['name\nground\n', /line 1: got 'name', which looks like a header; remove the line, or write 'name 0'/],
    ['ground\nroad 256\n', /line 2: got 'road 256', expected a value 0\.\.255/],
    ['ground 1 2\n', /line 1: got 'ground 1 2', expected NAME, NAME VALUE or NAME R G B/],
    ['ground 0.5 0.1 0.2\n', /line 1: got 'ground 0\.5 0\.1 0\.2', expected a name/],
    [
      'ground\nroad # the street\n',
      /line 2: got 'road # the street', which may be a name or a name with a comment/,
    ],
    ['zone 1\nzone 2\n', /got 'zone' twice, .*in quotes \("zone 2"\)/],
    ['ground\nroad 0\n', /got the value 0 twice, .*'ground' on line 1 and 'road' on line 2/],
    ['ground 255\nvoid 255\n', /got the value 255 twice/],
    ['id,name\n0,ground\nx,road\n', /line 3: got 'x,road', expected the columns of the header 'id,name'/],
    ['item {\n  id: 1\n}\n', /line 1: .*not TensorFlow's label map/],
    ['["ground", "road"]', /line 1: .*not JSON or XML/],
    ['names:\n- ground\n- road\n', /line 1: got 'names:', which looks like a header/],
    ['ground, road\n', /line 1: got 'ground, road' alone, expected one class name per line/],
    ['| ground | 0 |\n| road | 1 |\n', /line 1: got '\| ground \| 0 \|', expected a name, not a table/],
    ['# nothing\n', /line 1 is empty/],
  ])('is refused by the line where it is not clear: %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toMatchObject({ exitCode: 2 });
  });
});
