import { type Amplifier, safetensors, text } from './amplification.ts';

/** JSON that is little but what takes much memory once it is parsed: as long as one likes, and nearly as dense as is still read. */
const dense: Readonly<Record<string, (megabytes: number) => string>> = {
  'single digits': (megabytes) => list('0', megabytes),
  'two digits': (megabytes) => list('10', megabytes),
  'numbers below zero': (megabytes) => list('-0', megabytes),
  'lists of nothing': (megabytes) => list('[]', megabytes),
  'lists of one': (megabytes) => list('[1]', megabytes),
  'points of three digits': (megabytes) => list('[123,456]', megabytes),
  'objects of nothing': (megabytes) => list('{}', megabytes),
  'objects of one': (megabytes) => list('{"a":1}', megabytes),
  'ever other texts': (megabytes) => each((i) => `"${i}"`, '[', ']', megabytes),
  'an object of ever other names': (megabytes) => each((i) => `"${i}":0`, '{', '}', megabytes),
  'objects of ever other names': (megabytes) => each((i) => `{"${i}":0}`, '[', ']', megabytes),
  'the same name': (megabytes) => each(() => '"a":{}', '{', '}', megabytes),
};

const list = (item: string, megabytes: number) => text(`[${item}`, `,${item}`, ']', megabytes).toString();

function each(item: (i: number) => string, begin: string, end: string, megabytes: number): string {
  const items: string[] = [];
  for (let [i, length] = [100_000, 0]; length < megabytes * 2 ** 20; i++) {
    items.push(item(i));
    length += items.at(-1)!.length + 1;
  }
  return `${begin}${items.join(',')}${end}`;
}

/** Where readers of JSON meet it: under a name that they do not know, which is parsed all the same. */
const places: Readonly<Record<string, (json: string) => Buffer>> = {
  labelme: (json) => Buffer.from(`{"imagePath":"a.jpg","shapes":[],"x":${json}}`),
  COCO: (json) =>
    Buffer.from(
      `{"images":[{"id":7,"file_name":"a.jpg","width":6,"height":4}],"categories":[{"id":3,"name":"dog"}],` +
        `"annotations":[{"image_id":7,"category_id":3,"segmentation":[[0,0,1,0,1,1]],"x":${json}}]}`,
    ),
  'Label Studio': (json) => Buffer.from(`[{"id":5,"data":{"image":"a.jpg"},"x":${json}}]`),
  Supervisely: (json) => Buffer.from(`{"size":{"width":6,"height":4},"objects":[],"x":${json}}`),
  safetensors: (json) => safetensors(Buffer.from(`{"__metadata__":{"a":"b"},"x":${json}}`)),
};

/** All texts for one reader, and the worst of them for the others: the parser is the same. */
export const jsonAmplifiers: readonly Amplifier[] = Object.entries(places).flatMap(([reader, place]) =>
  Object.entries(dense)
    .filter(
      ([what]) => reader === 'labelme' || what === 'single digits' || what === 'objects of ever other names',
    )
    .map(([what, make]) => ({
      reader,
      what: `JSON of ${what}`,
      make: (megabytes: number) => place(make(megabytes)),
      result: 1,
    })),
);
