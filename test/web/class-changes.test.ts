import { describe, expect, it } from 'vitest';
import { addClass, changeClass, removeClass } from '../../web/src/train/class-changes.ts';
import { drawingOf, initialState, ownClasses, type TrainState } from '../../web/src/train/train-state.ts';

const label = { width: 4, height: 1, data: Uint8Array.of(0, 1, 2, 255) };
const image = { width: 4, height: 1, data: new Uint8Array(12) };
const drawing = { ...drawingOf({ id: 'x', image, label }), prediction: label, past: [label] };
const start: TrainState = { ...initialState, ...ownClasses(), drawings: [drawing] };

describe('classes that the user draws', () => {
  it('come with a name and a color of their own, also after others were removed', () => {
    const three = { ...start, ...addClass(start) };
    const two = { ...three, ...removeClass(three, 1) };
    const { classes, chosen } = { ...two, ...addClass(two) };
    expect(classes.map(({ name }) => name)).toEqual(['background', 'class 2', 'class 3']);
    expect(new Set(classes.map(({ color }) => color)).size).toBe(3);
    expect(chosen).toBe(2);
  });

  it('take their labels, predictions and strokes along when they are removed, and change nothing in place', () => {
    const { drawings, chosen } = { ...start, ...removeClass(start, 1) };
    expect([...drawings[0]!.label.data]).toEqual([0, 255, 1, 255]);
    expect(drawings[0]).toMatchObject({ prediction: undefined, past: [] });
    expect(chosen).toBe(0);
    expect([...label.data]).toEqual([0, 1, 2, 255]);
  });

  it('do not take an empty name or that of another', () => {
    expect(() => changeClass(start, 1, { name: ' ' })).toThrow(/^class 1: got no name, expected/);
    expect(() => changeClass(start, 1, { name: 'background' })).toThrow(/the name 'background' twice/);
    const { classes } = { ...start, ...changeClass(start, 1, { name: ' cup ' }) };
    expect(classes.map(({ name }) => name)).toEqual(['background', 'cup']);
  });
});
