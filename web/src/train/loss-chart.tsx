import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LossCurve } from './loss-curve.ts';

const height = 200;

interface LossChartProps {
  readonly curve: LossCurve;
}

/** A curve of the loss that grows as the training goes, drawn once a frame at most. */
export function LossChart({ curve }: LossChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const latest = useRef(curve);
  const plot = useRef<uPlot | undefined>(undefined);
  latest.current = curve;

  useEffect(() => {
    const build = () => {
      plot.current?.destroy();
      plot.current = createPlot(container.current!, latest.current);
    };
    build();
    // The section may have been hidden, and colors follow the system's light or dark mode.
    new ResizeObserver(() => plot.current?.setSize(sizeIn(container.current!))).observe(container.current!);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build);
  }, []);

  useEffect(() => {
    const frame = requestAnimationFrame(() => plot.current?.setData(curve.columns));
    return () => cancelAnimationFrame(frame);
  }, [curve]);

  return <div class="trainer-chart" role="img" aria-label="Loss over the steps" ref={container} />;
}

function createPlot(container: HTMLElement, { columns }: LossCurve): uPlot {
  const color = (name: string) => getComputedStyle(container).getPropertyValue(name).trim();
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 } };
  return new uPlot(
    {
      ...sizeIn(container),
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
    columns,
    container,
  );
}

function sizeIn({ clientWidth }: HTMLElement): { width: number; height: number } {
  return { width: Math.max(240, clientWidth), height };
}
