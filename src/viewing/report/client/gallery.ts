import type { ExampleData, GalleryData, ReportData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** Images with truth, prediction and errors laid over them, as opaque as the slider says. */
export function createGallery({ element, swatch, percent }: Elements) {
  // What the reader chose outlives an update.
  let opacity = 65;

  function picture(image: string, over: string | null, description: string, { width, height }: ExampleData) {
    const size = { width, height, decoding: 'async' };
    return element(
      'span',
      { class: 'picture' },
      element('img', { src: image, alt: over ? '' : description, ...size }),
      over !== null && element('img', { src: over, alt: description, class: 'over', ...size }),
    );
  }

  function panel(name: string, content: HTMLElement): HTMLElement {
    return element('div', { class: 'panel' }, content, element('span', { class: 'muted' }, name));
  }

  function exampleFigure(example: ExampleData, runs: readonly string[]): HTMLElement {
    const { id, image, truth, predictions } = example;
    const several = runs.length > 1;
    return element(
      'figure',
      { class: 'example' },
      element(
        'figcaption',
        {},
        element('strong', {}, id),
        predictions.map(({ meanIoU }, i) =>
          element('span', { class: 'muted' }, `${several ? `${runs[i]} ` : 'mean IoU '}${percent(meanIoU)}`),
        ),
      ),
      element(
        'div',
        { class: 'panels' },
        panel('image', picture(image, null, `Image ${id}`, example)),
        panel('truth', picture(image, truth, `Truth of ${id}`, example)),
        predictions.map(({ labels, errors }, i) => {
          const of = several ? ` of ${runs[i]}` : '';
          return [
            panel(`prediction${of}`, picture(image, labels, `Prediction${of} for ${id}`, example)),
            panel(`errors${of}`, picture(image, errors, `Errors${of} in ${id}`, example)),
          ];
        }),
      ),
    );
  }

  function controls(holder: HTMLElement, gallery: GalleryData, number: number): HTMLElement {
    const shown = element('output', { for: `opacity-${number}` }, `${opacity} %`);
    const slider = element('input', {
      type: 'range',
      id: `opacity-${number}`,
      min: 0,
      max: 100,
      step: 5,
      value: opacity,
    }) as HTMLInputElement;
    const apply = () => {
      holder.style.setProperty('--opacity', String(opacity / 100));
      shown.textContent = `${opacity} %`;
    };
    slider.addEventListener('input', () => {
      opacity = Number(slider.value);
      apply();
    });
    apply();
    return element(
      'div',
      { class: 'controls' },
      element('label', { for: `opacity-${number}` }, 'Opacity of the labels'),
      slider,
      shown,
      element(
        'ul',
        { class: 'legend', 'aria-label': 'Classes' },
        gallery.legend.map(({ name, color }) => element('li', {}, swatch(color), name)),
        element('li', {}, swatch('rgb(255 48 80)'), 'error'),
      ),
    );
  }

  function galleryOf(gallery: GalleryData, number: number): HTMLElement {
    const holder = element('div', { class: 'gallery' }, element('p', { class: 'muted' }, gallery.note));
    if (gallery.groups.length === 0) return holder;
    holder.append(
      controls(holder, gallery, number),
      ...gallery.groups.map(({ name, examples }) =>
        element(
          'section',
          { 'aria-label': `${name} images` },
          element('h3', {}, name),
          element(
            'div',
            { class: 'examples' },
            examples.map((example) => exampleFigure(example, gallery.runs)),
          ),
        ),
      ),
    );
    return holder;
  }

  return function gallery({ galleries }: ReportData): Child[] {
    return galleries.map(galleryOf);
  };
}
