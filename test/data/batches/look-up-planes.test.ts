import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { lookUpInJavaScript, lookUpPlanes } from '../../../src/data/batches/look-up-planes.ts';

describe.each([
  ['8', Uint8Array, 256],
  ['16', Uint16Array, 65_536],
] as const)('planes of pixels of %s bits', (_, Pixels, values) => {
  // Fewer pixels than are looked up at once, as many, and more.
  it.each([
    [1, 1, [0]],
    [1, 3, [2, 1, 0]],
    [2048, 3, [0, 1, 2]],
    [2049, 1, [0]],
    [5000, 7, [6, 0, 3]],
  ])('are looked up, for %i pixels of %i channels in the order %j', (width, channels, order) => {
    const stream = random(0, 'planes');
    const data = new Pixels(width * channels).map(() => stream.integer(values));
    const planes = order.map((channel) => ({
      channel,
      values: Float32Array.from({ length: values }, () => stream.normal()),
    }));
    const expected = planes.flatMap((plane) =>
      Array.from({ length: width }, (_, i) => plane.values[data[i * channels + plane.channel]!]!),
    );
    for (const lookUp of [lookUpPlanes, lookUpInJavaScript]) {
      const into = new Float32Array(order.length * width + 1).fill(-9);
      lookUp({ width, height: 1, data }, planes, into);
      expect(into).toEqual(Float32Array.of(...expected, -9));
    }
  });
});
