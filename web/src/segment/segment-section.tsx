import './segment.css';
import { render } from 'preact';
import { Store } from '../store.ts';
import { listenForFiles } from './page-files.ts';
import type { ModelFile } from './segment-client.ts';
import { initialState } from './segment-state.ts';
import { SegmentView } from './segment-view.tsx';
import { Segmenting } from './segmenting.ts';

/** Fills the section that segments images, and loads the model. */
export function openSegmentSection(section: HTMLElement): void {
  const store = new Store(initialState);
  const segmenting = new Segmenting(store, addressedModel());
  const show = () => render(<SegmentView state={store.state} segmenting={segmenting} />, section);
  store.subscribe(show);
  show();
  listenForFiles(section, {
    image: (file) => void segmenting.openImage(file, file.name),
    model: (file) => void segmenting.loadModel({ model: file, name: file.name }),
  });
  // A camera that nobody sees is not watched.
  document.addEventListener('visibilitychange', () => document.hidden && segmenting.closeCamera());
  window.addEventListener('hashchange', () => section.hidden && segmenting.closeCamera());
  void segmenting.loadModel();
}

/** The model that the page's address names with ?model=, or the one that comes with the page. */
function addressedModel(): ModelFile {
  const address = new URLSearchParams(location.search).get('model') ?? './model/photos.onnx';
  const model = new URL(address, document.baseURI).href;
  return { model, name: model.split(/[?#]/)[0]!.split('/').pop() || address };
}
