import { byId } from '../by-id.ts';
import { samples } from './samples.ts';

export interface FileListeners {
  image(file: Blob, name: string): void;
  model(file: File): void;
  failed(message: string): void;
}

/** Listens for files: opened, dropped on the page, pasted, or samples chosen. */
export function listenForFiles(listeners: FileListeners, isShown: () => boolean): void {
  const take = (file: File | undefined) => {
    if (!file) return;
    if (file.type.startsWith('image/')) listeners.image(file, file.name);
    else listeners.model(file);
  };

  const image = byId('image-input', HTMLInputElement);
  image.addEventListener('change', () => {
    const file = image.files?.[0];
    if (file) listeners.image(file, file.name);
    image.value = ''; // the same file may be chosen again
  });
  const model = byId('model-input', HTMLInputElement);
  model.addEventListener('change', () => {
    const file = model.files?.[0];
    if (file) listeners.model(file);
    model.value = '';
  });

  let depth = 0; // of elements that a dragged file has entered
  const mark = () => document.body.classList.toggle('dropping', depth > 0);
  document.addEventListener('dragenter', () => {
    if (!isShown()) return;
    depth++;
    mark();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    mark();
  });
  document.addEventListener('dragover', (event) => {
    if (isShown()) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    depth = 0;
    mark();
    if (!isShown()) return;
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  });
  document.addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (!isShown() || !file) return;
    event.preventDefault();
    take(file);
  });

  byId('samples').append(...samples.map((sample, i) => sampleButton(sample, i, listeners)));
}

function sampleButton(
  { name, address }: (typeof samples)[number],
  index: number,
  listeners: FileListeners,
): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  const picture = document.createElement('img');
  picture.src = address;
  picture.alt = `Sample ${index + 1}`;
  button.append(picture);
  button.addEventListener('click', async () => {
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      listeners.image(await response.blob(), name);
    } catch (thrown) {
      listeners.failed(`sample ${address}: cannot be read (${(thrown as Error).message})`);
    }
  });
  return button;
}
