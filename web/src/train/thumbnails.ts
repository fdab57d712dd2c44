import type { Sample } from '../../../src/data/datasets/dataset.ts';

/** A button for each image, with a canvas for its picture. */
export function showThumbnails(
  container: HTMLElement,
  samples: readonly Sample[],
  onChoose: (index: number) => void,
): void {
  const buttons = samples.map(({ id }, index) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.title = id;
    button.setAttribute('aria-label', `Image ${index + 1}, ${id}`);
    button.append(document.createElement('canvas'));
    button.addEventListener('click', () => onChoose(index));
    return button;
  });
  container.replaceChildren(...buttons);
}
