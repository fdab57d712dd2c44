interface FileListeners {
  image(file: File): void;
  model(file: File): void;
}

/** Listens for files that are dropped on the page or pasted, while a section is shown. */
export function listenForFiles(section: HTMLElement, listeners: FileListeners): void {
  const take = (file: File | undefined) => {
    if (!file) return;
    void isModel(file).then((isOne) => (isOne ? listeners.model(file) : listeners.image(file)));
  };

  let depth = 0; // of elements that a dragged file has entered
  const mark = () => document.body.classList.toggle('dropping', depth > 0);
  document.addEventListener('dragenter', () => {
    if (section.hidden) return;
    depth++;
    mark();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    mark();
  });
  document.addEventListener('dragover', (event) => {
    if (!section.hidden) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    depth = 0;
    mark();
    if (section.hidden) return;
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  });
  document.addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (section.hidden || !file) return;
    event.preventDefault();
    take(file);
  });
}

/** By its name, or by the first byte of an ONNX file, the field of its version: systems know no type for it, and often none for images. */
async function isModel(file: File): Promise<boolean> {
  if (/\.onnx$/i.test(file.name)) return true;
  if (file.type.startsWith('image/')) return false;
  const [first] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
  return first === 8;
}
