import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { rasterizeRing } from '../../../../src/data/datasets/formats/raster/coco-polygon.ts';
import { decodeCocoRle, paintRuns } from '../../../../src/data/datasets/formats/raster/coco-rle.ts';
import { fillPoly } from '../../../../src/data/datasets/formats/raster/opencv-polygon.ts';
import { blankLabel, type Point } from '../../../../src/data/datasets/formats/raster/paint.ts';
import { drawWideLine, fillPolygon } from '../../../../src/data/datasets/formats/raster/pillow-polygon.ts';
import { fillCircle, fillRectangle } from '../../../../src/data/datasets/formats/raster/pillow-shapes.ts';
import type { LabelImage } from '../../../../src/data/images/image.ts';

/** Shapes and their masks, from peer/fixture_rasters.py; more of them on demand. */
const file = process.env.FCN_RASTERS ?? new URL('../../../fixtures/rasters.json', import.meta.url);
const shapes: Shape[] = JSON.parse(await readFile(file, 'utf8'));

type Painted =
  | 'pillow_polygon'
  | 'pillow_line'
  | 'pillow_rectangle'
  | 'pillow_circle'
  | 'opencv_polygon'
  | 'coco_polygon';
type Shape = { width: number; height: number; points: Point[]; coco_rle: string } & Record<Painted, number[]>;

const painters: Record<Painted, (label: LabelImage, points: Point[]) => void> = {
  pillow_polygon: (label, points) => fillPolygon(label, points, 1),
  pillow_line: (label, points) => drawWideLine(label, points, 10, 1),
  pillow_rectangle: (label, [a, b]) => fillRectangle(label, [a!, b!], 1),
  pillow_circle: (label, [center, rim]) => {
    const [dx, dy] = [center![0] - rim![0], center![1] - rim![1]];
    fillCircle(label, center!, Math.sqrt(dx ** 2 + dy ** 2), 1);
  },
  opencv_polygon: (label, points) =>
    fillPoly(
      label,
      points.map(([x, y]) => [Math.trunc(x), Math.trunc(y)]),
      1,
    ),
  coco_polygon: (label, points) => paintRuns(label, rasterizeRing(points, label), 1),
};

/** Lengths of runs of 0 and 1 in turn, row by row. */
function runsOf({ data }: LabelImage): number[] {
  const runs = [0];
  for (let i = 0; i < data.length; i++) {
    if ((data[i] === 0 ? 0 : 1) !== (runs.length - 1) % 2) runs.push(0);
    runs[runs.length - 1]!++;
  }
  return runs;
}

describe('shapes are filled to the pixel as the tools fill them', () => {
  it.each(Object.entries(painters))('%s', (name, paint) => {
    for (const shape of shapes) {
      const label = blankLabel(shape.width, shape.height);
      paint(label, shape.points);
      expect(runsOf(label), JSON.stringify(shape.points)).toEqual(shape[name as Painted]);
    }
  });

  it("reads COCO's compressed runs", () => {
    for (const shape of shapes) {
      const label = blankLabel(shape.width, shape.height);
      paintRuns(label, decodeCocoRle(shape.coco_rle)!, 1);
      expect(runsOf(label)).toEqual(shape.coco_polygon);
    }
    expect(decodeCocoRle('~')).toBeUndefined();
    expect(decodeCocoRle('P')).toBeUndefined(); // says that more follows
  });
});
