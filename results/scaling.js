// The table and the plot of docs/scaling.md, from the model of src/cli/bench/scaling-model.ts: `npm run build && node results/scaling.js`.
import { writeFileSync } from 'node:fs';
import { renderCharts } from '../dist/cli/bench/line-charts.js';
import { efficiency, ethernet } from '../dist/cli/bench/scaling-model.js';

/** Nodes whose gradients scatter by a twentieth. */
const jitter = 0.05;
// FCN-8s: 134.5 million parameters; a step of 1.50 s at 224x224 on two cores (docs/results.md). The update is counted with it.
const networks = [
  { name: 'FCN-8s VGG-16, two cores', cost: { gradients: 1.5, update: 0, bytes: 538e6, jitter } },
  { name: 'FCN-8s VGG-16, node ten times as fast', cost: { gradients: 0.15, update: 0, bytes: 538e6, jitter } },
  { name: 'FCN-8s MobileNetV2, step of 0.1 s', cost: { gradients: 0.1, update: 0, bytes: 9.4e6, jitter } },
];
const batches = [1, 4, 16];
const nodes = [8, 64, 512];
const gigabits = [10, 25, 100];
const share = (x) => x.toFixed(2);

for (const { name, cost } of networks) {
  console.log(`\n${name}`);
  console.log(`| nodes | ${gigabits.flatMap((g) => batches.map((a) => `${g} Gbit/s, ${a}`)).join(' | ')} |`);
  for (const n of nodes) {
    const cells = gigabits.flatMap((g) => batches.map((a) => share(efficiency(cost, ethernet(g), n, a))));
    console.log(`| ${n} | ${cells.join(' | ')} |`);
  }
}

const colors = ['#c0392b', '#2980b9', '#27ae60'];
const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const rows = networks.map(({ name, cost }) =>
  batches.map((accumulate) => ({
    title: `${name.replace('FCN-8s ', '')}, ${accumulate} each`,
    xLabel: 'log2 of nodes',
    lines: gigabits.map((g, i) => ({
      name: `${g} Gbit/s`,
      color: colors[i],
      points: counts.map((n) => [Math.log2(n), efficiency(cost, ethernet(g), n, accumulate)]),
    })),
  })),
);
writeFileSync(new URL('scaling.svg', import.meta.url), renderCharts('Efficiency by the model', rows));
