/** What index.html loads. Better in a worker: WebAssembly keeps the thread that calls it busy. */
import { train } from './train.ts';

const log = document.querySelector('pre')!;
try {
  const losses = await train((line) => {
    log.textContent += `${line}\n`;
  });
  log.dataset.losses = JSON.stringify(losses);
} catch (error) {
  log.textContent += String(error);
  log.dataset.losses = '[]';
}
