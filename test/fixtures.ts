import { fileURLToPath } from 'node:url';
import type { Tensor } from '../src/base/tensor.ts';
import type { LossNormalization } from '../src/engine/operators/losses/pixel-loss.ts';
import type { ModelName } from '../src/networks/model-names.ts';
import { readSafetensors } from '../src/weights/safetensors/safetensors.ts';

/** Values that PyTorch computed: test/fixtures/NAME.safetensors, made by peer/make_fixtures.py. */
export async function readFixture(
  name: string,
): Promise<{ tensors: Map<string, Tensor>; metadata: Record<string, string> }> {
  return readSafetensors(fileURLToPath(new URL(`./fixtures/${name}.safetensors`, import.meta.url)));
}

/** Largest absolute difference, as a share of the largest expected absolute value; NaN when any element is. */
export function relativeDifference(actual: Tensor, expected: Tensor): number {
  if (actual.data.length !== expected.data.length) throw new Error('relativeDifference: sizes differ');
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const value = Number(expected.data[i]);
    const distance = Math.abs(Number(actual.data[i]) - value);
    if (Number.isNaN(distance)) return Number.NaN; // which no limit is above
    difference = Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(value));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** Distance between two ends of a way, as a share of the way from the start (L2). */
export function shareOfWay(end: Tensor, otherEnd: Tensor, start: Tensor): number {
  const distance = (a: Tensor, b: Tensor) =>
    Math.sqrt(
      Array.from(a.data as Float32Array).reduce((sum, value, i) => sum + (value - Number(b.data[i])) ** 2, 0),
    );
  return distance(end, otherEnd) / distance(otherEnd, start);
}

/** A case of the fixtures of training steps, as peer/learning.py trains it. */
export interface TrainingCase {
  name: string;
  model: ModelName;
  loss: LossNormalization;
  learningRate: number;
  dropout: number;
  /** The image of each step. */
  images: number[];
  classWeights?: number[];
}

/** What all cases of such a fixture have in common, and the cases. */
export interface TrainingDescription<C extends TrainingCase> {
  width: number;
  numClasses: number;
  momentum: number;
  weightDecay: number;
  cases: C[];
}
