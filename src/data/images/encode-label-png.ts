import { encode } from 'fast-png';
import type { LabelImage } from './image.ts';
import type { Color } from './palette.ts';

/** A palette PNG as PASCAL VOC has it: one byte a pixel, the index is the label. `palette` has 256 colors. */
export function encodeLabelPng(label: LabelImage, palette: readonly Color[]): Uint8Array {
  return encode({ ...label, channels: 1, depth: 8, palette: palette.map((color) => [...color]) });
}
