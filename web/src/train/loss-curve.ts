/** Weight of what was before in the smoothed curve. */
const smoothing = 0.95;

/** The losses of a training. Its columns grow in place: a long training has many. */
export interface LossCurve {
  readonly columns: [iterations: number[], losses: number[], smoothed: number[]];
}

export const emptyCurve: LossCurve = { columns: [[], [], []] };

/** The curve with one more loss. */
export function addLoss(curve: LossCurve, iteration: number, loss: number): LossCurve {
  // The first step begins another training.
  const columns: LossCurve['columns'] =
    curve === emptyCurve || iteration === 1 ? [[], [], []] : curve.columns;
  const [iterations, losses, smoothed] = columns;
  // The first losses are averaged over what there is.
  const kept = Math.min(smoothing, losses.length / (losses.length + 1));
  iterations.push(iteration);
  losses.push(loss);
  smoothed.push(kept * (smoothed.at(-1) ?? 0) + (1 - kept) * loss);
  return { columns };
}
