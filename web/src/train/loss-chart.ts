import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Weight of what was before in the smoothed curve. */
const smoothing = 0.95;

export interface LossChart {
  add(iteration: number, loss: number): void;
  clear(): void;
}

/** A curve of the loss that grows as the training goes, drawn once a frame at most. */
export function createLossChart(container: HTMLElement): LossChart {
  const data: [number[], number[], number[]] = [[], [], []];
  let mean = 0;
  let isDue = false;
  let plot: uPlot | undefined;

  const build = () => {
    plot?.destroy();
    const color = (name: string) => getComputedStyle(container).getPropertyValue(name).trim();
    const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 } };
    const size = { width: Math.max(240, container.clientWidth), height: 200 };
    plot = new uPlot(
      {
        ...size,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(0.1, max * 1.05)] } },
        axes: [
          { ...axis, label: 'step', labelSize: 18, size: 34 },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          { label: 'loss', stroke: color('--train-faint'), width: 1, points: { show: false } },
          { label: 'smoothed', stroke: color('--accent'), width: 2, points: { show: false } },
        ],
      },
      data,
      container,
    );
  };
  const draw = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      plot?.setData(data);
    });
  };

  build();
  // The section may have been hidden, and colors follow the system's light or dark mode.
  new ResizeObserver(() =>
    plot?.setSize({ width: Math.max(240, container.clientWidth), height: 200 }),
  ).observe(container);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);
  return {
    add(iteration, loss) {
      const [steps, losses, smoothed] = data;
      // The first losses are averaged over what there is.
      const kept = Math.min(smoothing, losses.length / (losses.length + 1));
      mean = kept * mean + (1 - kept) * loss;
      steps.push(iteration);
      losses.push(loss);
      smoothed.push(mean);
      draw();
    },
    clear() {
      for (const series of data) series.length = 0;
      draw();
    },
  };
}
