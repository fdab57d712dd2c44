import type { NamedClass } from './messages.ts';

/** A class as it is drawn: its color as CSS has it, `#rrggbb`. */
export interface DrawnClass extends NamedClass {
  readonly color: string;
}

/** Labels go up to 254; so many colors can be told apart, and more classes are not drawn by hand. */
export const mostClasses = 20;

/** Colors that most color-blind people can tell apart too (Okabe and Ito, 2008), then others. */
const colors = ['#6b7280', '#e69f00', '#56b4e9', '#009e73', '#d55e00', '#cc79a7', '#f0e442', '#0072b2'];

let nextKey = 0;

/** A new class. @param index decides the color. */
export function createClass(name: string, index: number): DrawnClass {
  return { key: nextKey++, name, color: colorOf(index) };
}

/** A new class of a color that none of the others has. */
export function createAnother(name: string, others: readonly DrawnClass[]): DrawnClass {
  const taken = new Set(others.map(({ color }) => color));
  let index = 0;
  while (taken.has(colorOf(index))) index += 1;
  return createClass(name, index);
}

function colorOf(index: number): string {
  return colors[index] ?? `#${hue(index)}`;
}

/** A color that is far from those of the numbers before it, by the golden angle. */
function hue(index: number): string {
  const channel = (offset: number) => {
    const angle = (index * 137.5 + offset) * (Math.PI / 180);
    return Math.round(128 + 110 * Math.cos(angle))
      .toString(16)
      .padStart(2, '0');
  };
  return channel(0) + channel(120) + channel(240);
}
