/**
 * The script of the page, for the browser: draws the curves (`Curves`, as JSON in #curves) with uPlot. Plain text,
 * because it is all the browser code there is and a bundler would be more than it.
 */
export const reportScript = `
'use strict';
const { loss, validation, stages, end } = JSON.parse(document.getElementById('curves').textContent);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const number = (value) => (value == null ? '\\u2013' : String(Number(value.toPrecision(4))));
const percent = (value) => (value == null ? '\\u2013' : Number((value * 100).toFixed(1)) + ' %');

// Iterations are whole: no ticks between them.
const wholeSteps = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

function chart(id, data, series, format, logarithmic) {
  const place = document.getElementById(id);
  if (!place) return;
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 } };
  // Not zoomed: from 0 to the end of the last stage, so that the charts can be compared.
  const [first, last] = [data[0].at(0), data[0].at(-1)];
  const wholeRun = (_, min, max) => [min <= first ? 0 : min, max >= last ? end : max];
  const options = {
    width: place.clientWidth,
    height: 280,
    scales: { x: { time: false, range: wholeRun }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [
      { ...axis, incrs: wholeSteps },
      {
        ...axis,
        values: (_, ticks) => ticks.map((tick) => (tick == null ? '' : format(tick))),
        size: (_, labels) => 20 + 7 * Math.max(3, ...(labels || []).map((label) => label.length)),
      },
    ],
    series: [{ label: 'iteration' }, ...series.map((s) => ({ value: (_, v) => format(v), ...s }))],
    hooks: { draw: [markStages] },
  };
  place.replaceChildren();
  new uPlot(options, data, place);
}

// A dashed line and a name where each stage begins.
function markStages({ ctx, bbox, valToPos }) {
  if (stages.length < 2) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = color('--muted');
  ctx.font = 12 * devicePixelRatio + 'px system-ui, sans-serif';
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const { name, start } of stages) {
    const x = valToPos(start, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue; // zoomed out of sight
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(name, x + 5 * devicePixelRatio, bbox.top);
  }
  ctx.restore();
}

function drawAll() {
  const logarithmic = document.getElementById('logarithmic')?.checked ?? false;
  // A logarithmic scale has no place for zero.
  const drawable = (values) => values.map((value) => (logarithmic && value <= 0 ? null : value));
  chart('loss', [loss.iteration, drawable(loss.loss), drawable(loss.smoothed)], [
    { label: 'loss', stroke: color('--faint'), width: 1 },
    { label: 'smoothed', stroke: color('--series-1'), width: 2 },
  ], number, logarithmic);
  chart('validation', [validation.iteration, validation.meanIoU, validation.meanAccuracy, validation.pixelAccuracy, validation.fwIoU],
    ['mean IoU', 'mean accuracy', 'pixel accuracy', 'fw IoU'].map((label, i) => (
      { label, stroke: color('--series-' + (i + 1)), width: i === 0 ? 3 : 1.5, points: { show: true } }
    )), percent, false);
}

drawAll();
document.getElementById('logarithmic')?.addEventListener('change', drawAll);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
let width = innerWidth;
addEventListener('resize', () => {
  // Phones report a resize when their tool bar moves.
  if (width !== innerWidth) drawAll();
  width = innerWidth;
});
`;
