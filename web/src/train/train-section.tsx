import './train.css';
import { render } from 'preact';
import { Store } from '../store.ts';
import { TrainActions } from './train-actions.ts';
import { initialState } from './train-state.ts';
import { TrainView } from './train-view.tsx';
import { TrainingClient } from './training-client.ts';

/** Fills the section that trains a network. */
export function openTrainSection(section: HTMLElement): void {
  const store = new Store(initialState);
  const actions = new TrainActions(store, new TrainingClient(store));
  const show = () => render(<TrainView state={store.state} actions={actions} />, section);
  store.subscribe(show);
  show();
  listenToPage(section, actions);
  void actions.loadGenerated();
}

/** Files that are dropped anywhere, and keys. */
function listenToPage(section: HTMLElement, actions: TrainActions): void {
  document.addEventListener('dragover', (event) => {
    if (!section.hidden) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (section.hidden) return;
    event.preventDefault();
    void actions.openFiles([...(event.dataTransfer?.files ?? [])]);
  });
  window.addEventListener('keydown', (event) => {
    const isTyping = (event.target as Element).matches('input:not([type=radio], [type=range]), select');
    if (section.hidden || isTyping) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z') {
      event.preventDefault();
      actions.undo();
    } else if (/^[1-9]$/.test(event.key) && !event.ctrlKey) {
      actions.choose(Number(event.key) - 1);
    }
  });
}
