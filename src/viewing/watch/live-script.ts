/**
 * The script of the live page, for the browser: follows the run by server-sent events, says what the trainer does, and
 * shows the live predictions. Curves and tables are the report's own business (window.fcnReport).
 */
export const liveScript = `
'use strict';
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
// Screen readers read out a new state, but not every iteration.
const stateText = element('span', { role: 'status' });
const detailText = element('span', {});
const reportLink = element('a', { href: '/report.html', hidden: true }, 'The report with images');
const banner = element('p', { className: 'live-state' }, stateText, detailText, ' ', reportLink);
const predictions = element('section', { className: 'live-predictions', hidden: true });
const live = element('aside', { className: 'live', ariaLabel: 'Live training' }, banner, predictions);
const main = document.querySelector('main');
main ? main.before(live) : document.body.prepend(live);

let last;
/** Iteration of the prediction that is shown large, by image; none: the newest. */
const chosen = new Map();

const ago = (seconds) => (seconds < 120 ? Math.round(seconds) + ' s' : Math.round(seconds / 60) + ' min');

/** What the trainer does, and what changes all the time. */
function sentences({ state, report, lastSign, resume, problem }) {
  const { name, iterations: iteration, plannedIterations: iterations } = report?.runs[0]?.stages.at(-1) ?? {};
  const at = iteration > 0 ? ', iteration ' + iteration + ' of ' + iterations : ', before its first iteration';
  const quiet = lastSign ? (Date.now() - lastSign) / 1000 : 0;
  if (problem) return ['The run cannot be read: ' + problem, ''];
  if (state === 'waiting') return ['Waiting for the training to begin', ''];
  if (state === 'running') return ['Training ' + name, at + (quiet > 60 ? '; nothing new for ' + ago(quiet) : '')];
  if (state === 'finished') return ['Training has finished', ' after iteration ' + iteration + '.'];
  if (state === 'stopped') return ['Training has stopped', at + '. Continue with: ' + resume];
  return ['The trainer has died', at + '. Continue from the last checkpoint with: ' + resume];
}

function showState(connected) {
  const [state, detail] = last ? sentences(last) : ['Connecting', ''];
  banner.dataset.state = !connected ? 'lost' : last?.problem ? 'died' : (last?.state ?? 'waiting');
  const lost = '. The server has ended or cannot be reached. This page keeps trying; start fcn watch to serve the run again.';
  const shown = connected ? state : state + lost;
  if (stateText.textContent !== shown) stateText.textContent = shown;
  detailText.textContent = connected ? detail : '';
  reportLink.hidden = !connected || !last?.hasReport;
}

const percent = (share) => (share == null ? '' : (100 * share).toFixed(1) + ' % correct');

/** Elements that are there already are used again: a new one would load its picture again, and flicker. */
const pictures = new Map();

function picture(stage, file, alt, { width, height }, className) {
  const src = '/live/' + stage + '/' + file;
  const key = className + src;
  if (!pictures.has(key)) pictures.set(key, element('img', { src, alt, width, height, className }));
  return pictures.get(key);
}

function showExamples({ stage, examples }) {
  predictions.hidden = examples.length === 0;
  const focused = document.activeElement?.dataset?.key;
  predictions.replaceChildren(
    element('h2', {}, 'Live predictions'),
    ...examples.map((example) => {
      const { id, predictions } = example;
      const newest = predictions.at(-1);
      const shown = predictions.find(({ iteration }) => iteration === chosen.get(id)) ?? newest;
      const large = (file, name, label) =>
        element('div', {}, picture(stage, file, name + ' of ' + id, example, label), element('span', {}, name));
      const strip = predictions.map((prediction) => {
        const { iteration, file, pixelAccuracy } = prediction;
        const button = element(
          'button',
          {
            type: 'button',
            title: percent(pixelAccuracy),
            onclick: () => {
              prediction === newest ? chosen.delete(id) : chosen.set(id, iteration);
              showExamples(last);
            },
          },
          picture(stage, file, '', example, 'label small'),
          element('span', {}, String(iteration)),
        );
        button.ariaPressed = String(prediction === shown);
        button.ariaLabel = 'prediction of iteration ' + iteration + ' for ' + id;
        button.dataset.key = id + '/' + iteration;
        return button;
      });
      return element(
        'figure',
        {},
        element(
          'div',
          { className: 'live-large' },
          large(example.image, 'image', 'photo'),
          large(example.truth, 'truth', 'label'),
          large(shown.file, 'prediction at ' + shown.iteration, 'label'),
        ),
        element('figcaption', {}, id + ', ' + percent(shown.pixelAccuracy)),
        element('div', { className: 'live-strip' }, ...strip),
      );
    }),
  );
  for (const strip of predictions.querySelectorAll('.live-strip')) strip.scrollLeft = strip.scrollWidth;
  // The buttons are new ones.
  if (focused) predictions.querySelector('[data-key="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true });
}

const events = new EventSource('/events');
events.onmessage = ({ data }) => {
  const before = last;
  const news = JSON.parse(data);
  last = news.problem ? { ...before, ...news } : news;
  showState(true);
  if (JSON.stringify(before?.examples ?? []) !== JSON.stringify(last.examples ?? [])) showExamples(last);
  if (!news.report) return;
  // The page was made before the run was.
  if (!window.fcnReport) location.reload();
  else window.fcnReport.update(last.report);
};
events.onerror = () => showState(false);
showState(true);
setInterval(() => showState(events.readyState === EventSource.OPEN), 5000);
`;

/** Colors are the report's where there is one. */
export const liveStyle = `
.live { max-width: 1040px; margin: 0 auto; padding: 20px; font: 16px/1.5 system-ui, sans-serif; }
.live-state { margin: 0; max-width: none; padding: 8px 14px; border: 1px solid var(--line, #888); border-left: 6px solid var(--live); border-radius: 8px; overflow-wrap: anywhere; --live: #888; }
.live-state[data-state=running] { --live: #14865b; }
.live-state[data-state=finished] { --live: #2563c9; }
.live-state[data-state=stopped], .live-state[data-state=lost] { --live: #c2870c; }
.live-state[data-state=died] { --live: #c22c2c; }
.live-predictions { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 20px; }
.live-predictions[hidden] { display: none; }
.live h2 { grid-column: 1 / -1; font-size: 1.15rem; margin: 24px 0 -8px; }
.live figure { margin: 0; min-width: 0; }
.live figcaption, .live figure span { color: var(--muted, #646c78); font-size: 0.875rem; overflow-wrap: anywhere; }
.live-large { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; }
.live img { width: 100%; height: auto; display: block; border-radius: 4px; }
.live .label { image-rendering: pixelated; }
.live-strip { display: flex; gap: 4px; overflow-x: auto; padding: 4px; }
.live-strip button { flex: 0 0 64px; padding: 2px; border: 2px solid transparent; border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
.live-strip button[aria-pressed=true] { border-color: var(--accent, #2563c9); }
@media print { .live { display: none; } }
`;
