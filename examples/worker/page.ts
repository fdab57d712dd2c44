/** A page that trains and segments in a worker, so that it stays usable meanwhile. See docs/browser.md for the bundlers. */
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<string>) => {
  document.querySelector('pre')!.textContent += `${data}\n`;
};
worker.postMessage('start');
